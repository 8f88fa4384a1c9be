import type { Answer } from '../compare/answer.ts';
import type { Lease } from './memory-account.ts';

/** A whole answer, put together as it comes, up to a size and to what its lease is given. */
export class AnswerCopy {
  readonly #limit: number;
  readonly #lease: Lease;
  #status = 0;
  #headers: readonly string[] = [];
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(limit: number, lease: Lease) {
    this.#limit = limit;
    this.#lease = lease;
  }

  /** Headers flat. */
  head(status: number, headers: readonly string[]): void {
    this.#status = status;
    this.#headers = headers;
  }

  /** False when there is no room for it; the copy is of no use any more. The chunk is kept as it is. */
  take(chunk: Buffer): boolean {
    this.#size += chunk.length;
    if (this.#size > this.#limit || !this.#lease.take(chunk.length)) return false;
    this.#chunks.push(chunk);
    return true;
  }

  answer(): Answer {
    const [only] = this.#chunks;
    const body = only && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks);
    return { status: this.#status, headers: this.#headers, body };
  }
}
