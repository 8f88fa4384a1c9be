import type { ServerResponse } from 'node:http';
import type { ShadowAnswer } from '../edge/shadow-writes/contract.ts';

type Chunk = string | Uint8Array;
type Callback = () => void;
type Headers = Record<string, string | string[] | number> | readonly (string | string[])[];

const REPLACED = ['write', 'end', 'writeHead', 'flushHeaders'] as const;

/**
 * Takes an answer in the place of the client: nothing leaves before `send`, because it has to say what became of a
 * transaction that is still open.
 */
export class KeptAnswer {
  /** Resolves when the handler has ended its answer. */
  readonly ended: Promise<void>;
  readonly #response: ServerResponse;
  readonly #chunks: Buffer[] = [];
  readonly #own: object;

  constructor(response: ServerResponse) {
    this.#response = response;
    this.#own = Object.fromEntries(REPLACED.map((name) => [name, Reflect.get(response, name) as unknown]));
    this.ended = new Promise((resolve) => {
      Object.assign(response, {
        write: (chunk: Chunk, encoding?: unknown, done?: unknown) => this.#take(chunk, encoding, done),
        end: (chunk?: unknown, encoding?: unknown, done?: unknown) => {
          if (typeof chunk === 'string' || chunk instanceof Uint8Array) this.#take(chunk, encoding, done);
          resolve();
          return response;
        },
        writeHead: (status: number, message?: unknown, headers?: unknown) => this.#head(status, message, headers),
        flushHeaders: () => undefined,
      });
    });
  }

  answer(): ShadowAnswer {
    const { statusCode: status } = this.#response;
    const headers = this.#response.getHeaderNames().flatMap((name) => {
      const value = this.#response.getHeader(name);
      return [value].flat().flatMap((one) => [name, String(one)]);
    });
    return { status, headers, body: Buffer.concat(this.#chunks).toString('base64') };
  }

  /** Gives the client's answer back, and sends something else. */
  send(status: number, headers: Record<string, string>, body: string): void {
    const response = Object.assign(this.#response, this.#own);
    if (response.destroyed) return;
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    response.writeHead(status, headers).end(body);
  }

  #take(chunk: Chunk, encoding: unknown, done: unknown): boolean {
    const text = typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8';
    this.#chunks.push(typeof chunk === 'string' ? Buffer.from(chunk, text) : Buffer.from(chunk));
    const callback = [encoding, done].find((one): one is Callback => typeof one === 'function');
    if (callback) process.nextTick(callback);
    return true;
  }

  #head(status: number, message: unknown, headers: unknown): ServerResponse {
    this.#response.statusCode = status;
    const given = (typeof message === 'object' ? message : headers) as Headers | undefined;
    for (const [name, value] of pairsOf(given ?? {})) this.#response.setHeader(name, value);
    return this.#response;
  }
}

/** Of an object, a list of pairs, or a flat list. */
function pairsOf(headers: Headers): [string, string | string[] | number][] {
  if (!Array.isArray(headers)) return Object.entries(headers);
  if (Array.isArray(headers[0])) return headers as [string, string][];
  return headers.flatMap((name: string, i) => (i % 2 === 0 ? [[name, headers[i + 1]] as [string, string]] : []));
}
