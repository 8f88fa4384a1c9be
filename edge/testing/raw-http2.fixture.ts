import { connect, type Socket } from 'node:net';
import { waitUntil } from '../../shared/index.ts';

export type Field = readonly [name: string, value: string];

/** A frame as it stands on the wire. */
export interface Frame {
  readonly type: FrameType | undefined;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

const TYPES = [
  'DATA',
  'HEADERS',
  'PRIORITY',
  'RST_STREAM',
  'SETTINGS',
  'PUSH_PROMISE',
  'PING',
  'GOAWAY',
  'WINDOW_UPDATE',
  'CONTINUATION',
] as const;

export type FrameType = (typeof TYPES)[number];

export const END_STREAM = 1;
export const END_HEADERS = 4;

/** RFC 9113 §7. */
export const ERROR_CODES = { NO_ERROR: 0, PROTOCOL_ERROR: 1, INTERNAL_ERROR: 2, CANCEL: 8 } as const;

/** A client that speaks HTTP/2 frame by frame, so that it can say what no library would. */
export class RawHttp2 {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  isClosed = false;
  /** False for who sends frames in pieces: nothing may come between them. */
  acknowledges = true;
  #rest: Buffer = Buffer.alloc(0);

  constructor(port: number, host = '127.0.0.1') {
    this.socket = connect(port, host);
    this.socket.on('data', (chunk) => this.#take(chunk));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => (this.isClosed = true));
    this.socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
    this.send('SETTINGS', 0, 0);
  }

  send(type: FrameType, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): void {
    this.socket.write(frame(type, flags, stream, payload));
  }

  /** A request of these fields, byte for byte; strings are latin1. */
  request(stream: number, fields: readonly Field[], flags = END_STREAM | END_HEADERS): void {
    this.send('HEADERS', flags, stream, fieldBlock(fields));
  }

  reset(stream: number, code: number): void {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(code);
    this.send('RST_STREAM', 0, stream, payload);
  }

  of(type: FrameType): Frame[] {
    return this.frames.filter((frame) => frame.type === type);
  }

  /** What ended the stream or, for stream 0, the session: an error code, `end` or `open`. */
  endOf(stream: number): number | 'end' | 'open' {
    const type = stream === 0 ? 'GOAWAY' : 'RST_STREAM';
    const last = this.frames.findLast((frame) => frame.type === type && frame.stream === stream);
    if (last) return last.payload.readUInt32BE(stream === 0 ? 4 : 0);
    const isEnd = ({ type: kind, flags }: Frame): boolean =>
      (kind === 'DATA' || kind === 'HEADERS') && (flags & END_STREAM) > 0;
    return this.frames.some((frame) => frame.stream === stream && isEnd(frame)) ? 'end' : 'open';
  }

  async ended(stream: number, budgetMs = 20_000): Promise<number | 'end' | 'open'> {
    await waitUntil(() => this.endOf(stream) !== 'open' || this.isClosed, { budgetMs });
    return this.endOf(stream);
  }

  close(): void {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 9) {
      const length = this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < 9 + length) return;
      const type = TYPES[this.#rest.readUInt8(3)];
      const stream = this.#rest.readUInt32BE(5) & 0x7fffffff;
      const flags = this.#rest.readUInt8(4);
      this.frames.push({ type, flags, stream, payload: this.#rest.subarray(9, 9 + length) });
      this.#rest = this.#rest.subarray(9 + length);
      if (this.acknowledges && type === 'SETTINGS' && (flags & 1) === 0) this.send('SETTINGS', 1, 0);
    }
  }
}

export function frame(type: FrameType, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(TYPES.indexOf(type), 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Literal fields without indexing and without Huffman: what is given stands on the wire as it is. */
export function fieldBlock(fields: readonly Field[]): Buffer {
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value, 'latin1');
    return Buffer.concat([integer(bytes.length), bytes]);
  };
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]));
}

/** An HPACK integer with a prefix of seven bits. */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.of(value);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** The pseudo fields of an ordinary request. */
export function get(path: string, more: readonly Field[] = []): Field[] {
  return [[':method', 'GET'], [':scheme', 'http'], [':authority', 'fleet'], [':path', path], ...more];
}
