import { Pool } from 'undici';
import type { Answer, RecordedRequest } from '../../edge/index.ts';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 4 * 1024 * 1024;

/** One side of a replay. */
export class ReplayTarget {
  readonly #pool: Pool;
  readonly #base: string;

  /** `url`: where it is, with a path in front of all others where there is one. */
  constructor(url: string, connections: number) {
    const { origin, pathname } = new URL(url);
    this.#pool = new Pool(origin, { connections, pipelining: 1 });
    this.#base = pathname.replace(/\/$/, '');
  }

  /** Rejects when there is no answer, or more than 4 MiB of it. */
  async ask({ method, path, headers, body }: RecordedRequest, own: Readonly<Record<string, string>>): Promise<Answer> {
    const answer = await this.#pool.request({
      method,
      path: this.#base + path,
      headers: { ...headers, ...own },
      body: body ?? null,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      responseHeaders: 'raw',
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      if ((size += chunk.length) > MAX_BYTES) throw new RangeError('an answer of more than 4 MiB');
      chunks.push(chunk);
    }
    const raw: unknown = answer.headers; // Flat, as asked for, which undici's types do not know of.
    return { status: answer.statusCode, headers: (raw as string[]).map(String), body: Buffer.concat(chunks) };
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}
