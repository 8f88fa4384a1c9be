import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { bytes } from './bytes.ts';
import { announced, readMessage, type Message } from './message.ts';

export interface Request extends Message {
  readonly method: string;
  readonly path: string;
  /** As it was on the wire, head and body. */
  readonly raw: string;
  readonly socket: Socket;
}

/** What a target does about a request. */
export type Script = (request: Request, count: number) => void;

/** An application made of bytes: keeps what it was sent, answers as it is told to. */
export class RawTarget {
  /** Called when the head of a request is there, before its body may be. */
  atHead: Script = () => undefined;
  /** Called when a request is whole. */
  atEnd: Script = answer(OK);
  /** Called with what arrives in place of all reading, where a case counts bytes and keeps none. */
  onData: ((chunk: Buffer, socket: Socket) => void) | undefined;
  readonly requests: Request[] = [];
  readonly sockets: Socket[] = [];
  /** Connections the other side has ended, in order or not. */
  closed = 0;
  readonly #server: Server;

  constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Everything that has arrived, on all connections. */
  get text(): string {
    return this.requests.map(({ raw }) => raw).join('');
  }

  async listen(port = 0, host = '127.0.0.1'): Promise<this> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    return this;
  }

  /** Forgets what was seen and told, and ends its connections. */
  reset(): void {
    for (const socket of this.sockets) socket.destroy();
    this.atHead = () => undefined;
    this.atEnd = answer(OK);
    this.onData = undefined;
    this.requests.length = 0;
    this.sockets.length = 0;
    this.closed = 0;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(socket: Socket): void {
    this.sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.closed++);
    const reader = new RequestReader(socket, this);
    socket.on('data', (chunk) => (this.onData ? this.onData(chunk, socket) : reader.take(chunk)));
  }
}

/** Cuts what arrives on one connection into requests. What is no request stays in the last one's `raw`. */
class RequestReader {
  readonly #socket: Socket;
  readonly #target: RawTarget;
  #pending = Buffer.alloc(0);
  #current: number | undefined;

  constructor(socket: Socket, target: RawTarget) {
    this.#socket = socket;
    this.#target = target;
  }

  take(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length > 0) {
      const read = readMessage(this.#pending, 0, (_line, fields) => announced(fields) ?? 0);
      if (!read) return;
      const { message, end } = read;
      this.#note(message, this.#pending.toString('latin1', 0, end));
      if (!message.isComplete) return;
      this.#pending = this.#pending.subarray(end);
      this.#current = undefined;
    }
  }

  #note(message: Message, raw: string): void {
    const { requests, atHead } = this.#target;
    const [method = '', path = ''] = message.startLine.split(' ');
    const isNew = this.#current === undefined;
    const at = (this.#current ??= requests.length);
    const request = { ...message, method, path, raw, socket: this.#socket };
    requests[at] = request;
    if (isNew) atHead(request, at + 1);
    if (message.isComplete) this.#target.atEnd(request, at + 1);
  }
}

export const OK = 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok';

/** Answers with this text, in the notation of `bytes`. */
export function answer(text: string): Script {
  return ({ socket }) => void socket.write(bytes(text));
}

/** Answers with this text and ends the connection. */
export function answerAndEnd(text: string): Script {
  return ({ socket }) => void socket.end(bytes(text));
}

/** Answers with this text, and cuts the connection once that is on its way. */
export function answerAndReset(text: string): Script {
  return ({ socket }) => {
    socket.write(bytes(text));
    setTimeout(() => socket.resetAndDestroy(), 20);
  };
}
