import type { AnswerSink } from './answer-parser.ts';
import type { FailureKind } from './forwarder.ts';
import type { Upload } from './upload.ts';

/** The target's end of what a connection carries. */
export interface Wire {
  pause(): void;
  resume(): void;
  /** Ends the request at the target at once. */
  drop(): void;
}

/** One request that a connection carries, and who takes its answer. */
export interface Carried extends AnswerSink {
  readonly method: string;
  /** True when its connection may serve no other request: behind a body that was not sent whole nothing can be said. */
  readonly isLast: boolean;
  readonly upload: Upload | undefined;
  /** True once the target may have seen a byte of the request. */
  wasSent: boolean;
  wire: Wire | undefined;
  /** True for one that has ended: nobody takes what comes. */
  readonly isDone: boolean;
  /** Bytes that are not owned are only good during the call. */
  data(chunk: Buffer, isOwned?: boolean): void;
  /** Nothing more has come for now. */
  idle(): void;
  fail(failure: FailureKind): void;
}
