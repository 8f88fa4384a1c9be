import type { Tap } from '../../forward/forwarder.ts';
import type { Answer } from '../compare/answer.ts';
import type { Lease } from './memory-account.ts';

/** Keeps a copy of an answer going by, up to a size. To be released in any case. */
export class Recorder implements Tap {
  readonly lease: Lease;
  readonly #limit: number;
  #status = 0;
  #headers: readonly string[] = [];
  #chunks: Buffer[] | undefined = [];
  #size = 0;

  constructor(limit: number, lease: Lease) {
    this.#limit = limit;
    this.lease = lease;
  }

  head(status: number, headers: readonly string[]): void {
    this.#status = status;
    this.#headers = headers;
  }

  chunk(chunk: Buffer): void {
    if (!this.#chunks) return;
    this.#size += chunk.length;
    if (this.#size > this.#limit || !this.lease.take(chunk.length)) return this.release();
    this.#chunks.push(chunk);
  }

  /** The whole answer, or nothing when there was no room for it. */
  answer(): Answer | undefined {
    return this.#chunks && { status: this.#status, headers: this.#headers, body: Buffer.concat(this.#chunks) };
  }

  /** Gives its bytes back; what comes after is not kept. */
  release(): void {
    this.lease.release();
    this.#chunks = undefined;
  }
}
