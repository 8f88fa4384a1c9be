import { constants, type ServerHttp2Stream } from 'node:http2';
import type { ArrivingRequest } from '../client.ts';

/** Where a stream's connection comes from. */
export type StreamOrigin = ArrivingRequest['socket'];

/**
 * A request of an HTTP/2 stream, read as HTTP/1.1 would say it: the authority is its Host, and a body of unknown length
 * comes in chunks. What was not a request (RFC 9113 §8) never came this far.
 */
export class StreamRequest implements ArrivingRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly socket: StreamOrigin;
  /** True when its body has arrived to its end. A stream that was reset ends too, in Node's eyes. */
  complete: boolean;
  readonly #stream: ServerHttp2Stream;

  constructor(stream: ServerHttp2Stream, raw: readonly string[], origin: StreamOrigin) {
    const { method, path, headers } = asHttp1(raw, !stream.endAfterHeaders);
    this.method = method;
    this.url = path;
    this.rawHeaders = headers;
    this.socket = origin;
    this.complete = stream.endAfterHeaders;
    this.#stream = stream;
    stream.once('end', () => (this.complete ||= !stream.aborted && !stream.closed));
  }

  /** `end` only for a body that is whole; `close` in any case. */
  on(event: 'data' | 'end' | 'close' | 'error', listener: (chunk: Buffer) => void): void {
    if (event === 'end') this.#stream.on('end', () => this.complete && listener(Buffer.alloc(0)));
    else this.#stream.on(event, listener);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  get destroyed(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  destroy(): void {
    if (!this.destroyed) this.#stream.close(constants.NGHTTP2_NO_ERROR);
  }
}

interface Http1Head {
  readonly method: string;
  readonly path: string;
  readonly headers: string[];
}

/** A `host` beside the authority stays as a second Host when it differs, and is refused like any second Host. */
function asHttp1(raw: readonly string[], hasBody: boolean): Http1Head {
  let method = '';
  let path = '';
  let authority: string | undefined;
  let isFramed = !hasBody;
  const headers: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const [name = '', value = ''] = [raw[i], raw[i + 1]];
    if (name === ':method') method = value;
    else if (name === ':path') path = value;
    else if (name === ':authority') headers.push('host', (authority = value));
    else if (name === 'content-length') isFramed = headers.push(name, value) > 0;
    else if (name !== 'host' || value !== authority) pushField(headers, name, value);
  }
  if (!isFramed) headers.push('transfer-encoding', 'chunked');
  return { method, path, headers };
}

function pushField(headers: string[], name: string, value: string): void {
  if (!name.startsWith(':')) headers.push(name, value);
}
