import type { Head } from './answer-head.ts';
import type { Wire } from './carried.ts';

/** What has come of an answer that may not begin yet. The target is not read on meanwhile. */
export class DetainedAnswer {
  readonly head: Head;
  readonly chunks: Buffer[] = [];
  trailers: readonly string[] = [];
  isComplete = false;

  constructor(head: Head) {
    this.head = head;
  }

  take(chunk: Buffer, wire: Wire | undefined): void {
    this.chunks.push(chunk);
    wire?.pause();
  }
}
