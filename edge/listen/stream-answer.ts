import { constants, type ServerHttp2Stream } from 'node:http2';
import type { ClientResponse } from '../client.ts';
import type { StreamRequest } from './stream-request.ts';

const { NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants;
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** The answer on an HTTP/2 stream. Only a complete one ends the stream; one that breaks off resets it (invariant 9). */
export class StreamAnswer implements ClientResponse {
  /** Without a meaning here: the connection has other streams. */
  shouldKeepAlive = true;
  writableEnded = false;
  readonly req: StreamRequest;
  readonly #stream: ServerHttp2Stream;
  readonly #trailers: string[] = [];
  #isBodiless = false;

  constructor(stream: ServerHttp2Stream, request: StreamRequest) {
    this.#stream = stream;
    this.req = request;
  }

  get headersSent(): boolean {
    return this.#stream.headersSent;
  }

  get destroyed(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  writeContinue(): void {
    this.#inform(100);
  }

  writeProcessing(): void {
    this.#inform(102);
  }

  writeEarlyHints(hints: Record<string, string | string[]>): void {
    this.#inform(
      103,
      Object.entries(hints).flatMap(([name, value]) => [value].flat().flatMap((one) => [name, one])),
    );
  }

  /** There is no reason phrase in HTTP/2. */
  writeHead(status: number, _message: string, headers: readonly string[]): void {
    if (this.destroyed) return;
    this.#isBodiless = this.req.method === 'HEAD' || BODILESS.has(status);
    const how = { endStream: this.#isBodiless, waitForTrailers: !this.#isBodiless };
    this.#stream.once('wantTrailers', () => this.#finish());
    this.#stream.respond({ ':status': status, ...fieldsOf(headers) }, how);
  }

  addTrailers(trailers: readonly [string, string][]): void {
    this.#trailers.push(...trailers.flat());
  }

  /** The head has gone in any case, at the end of the turn it was given in. */
  write(chunk: Buffer): boolean {
    return this.destroyed || this.#isBodiless || chunk.length === 0 || this.#stream.write(chunk);
  }

  end(chunk?: Buffer | string, encoding: 'latin1' | 'utf8' = 'utf8'): void {
    if (this.writableEnded || this.destroyed) return;
    this.writableEnded = true;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
    if (this.#isBodiless || bytes === undefined) this.#stream.end();
    else this.#stream.end(bytes);
  }

  destroy(): void {
    if (!this.destroyed) this.#stream.close(NGHTTP2_INTERNAL_ERROR);
  }

  on(event: 'close', listener: () => void): void {
    this.#stream.on(event, listener.bind(this));
  }

  once(event: 'close' | 'drain', listener: () => void): void {
    this.#stream.once(event, listener.bind(this));
  }

  #inform(status: number, headers: readonly string[] = []): void {
    if (!this.destroyed && !this.headersSent)
      this.#stream.additionalHeaders({ ':status': status, ...fieldsOf(headers) });
  }

  #stop(): void {
    if (!this.destroyed) this.#stream.close(NGHTTP2_NO_ERROR);
  }

  /**
   * The end of a whole answer. It is said here, after the last byte, and not with it: Node ends a stream that it is told
   * to reset as if all were well. Who still sends a body nobody waits for is told to stop.
   */
  #finish(): void {
    if (!this.writableEnded || this.destroyed) return;
    try {
      this.#stream.sendTrailers(fieldsOf(this.#trailers));
    } catch {
      return this.destroy(); // Trailers that cannot be sent: the answer is not whole without them.
    }
    if (!this.req.complete) setImmediate(() => this.#stop());
  }
}

type Fields = Record<string, string | string[]>;

/** By lower-case name. Lines of one name stay together in their order; between names HTTP/2 knows none. */
function fieldsOf(headers: readonly string[]): Fields {
  const fields: Fields = Object.create(null) as Fields;
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] ?? '').toLowerCase();
    const value = headers[i + 1] ?? '';
    const known = fields[name];
    if (known === undefined) fields[name] = value;
    else if (typeof known === 'string') fields[name] = [known, value];
    else known.push(value);
  }
  return fields;
}
