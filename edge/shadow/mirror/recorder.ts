import type { Tap } from '../../forward/forwarder.ts';
import type { Answer } from '../compare/answer.ts';
import { AnswerCopy } from './answer-copy.ts';
import type { Lease } from './memory-account.ts';

/** Keeps a copy of an answer going by, up to a size. To be released in any case. */
export class Recorder implements Tap {
  readonly lease: Lease;
  #copy: AnswerCopy | undefined;

  constructor(limit: number, lease: Lease) {
    this.lease = lease;
    this.#copy = new AnswerCopy(limit, lease);
  }

  head(status: number, headers: readonly string[]): void {
    this.#copy?.head(status, headers);
  }

  chunk(chunk: Buffer): void {
    if (this.#copy?.take(chunk) === false) this.release();
  }

  /** The whole answer, or nothing when there was no room for it. */
  answer(): Answer | undefined {
    return this.#copy?.answer();
  }

  /** Gives its bytes back; what comes after is not kept. */
  release(): void {
    this.lease.release();
    this.#copy = undefined;
  }
}
