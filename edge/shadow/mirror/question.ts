import { performance } from 'node:perf_hooks';
import type { Head } from '../../forward/answer-head.ts';
import type { Carried, Wire } from '../../forward/carried.ts';
import type { Connection } from '../../forward/connection.ts';
import type { ConnectionPool, Waiter } from '../../forward/connection-pool.ts';
import type { Deadlines, Timed } from '../../forward/deadlines.ts';
import type { FailureKind } from '../../forward/forwarder.ts';
import type { HeaderLines } from '../../hygiene/header-lines.ts';
import type { Answer } from '../compare/answer.ts';
import type { AnswerCopy } from './answer-copy.ts';

/** How a question ended. */
export type QuestionEnd =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'too-large'; readonly status: number }
  | { readonly kind: 'failed'; readonly failure: FailureKind };

export interface QuestionParts {
  readonly method: string;
  readonly path: string;
  readonly headers: HeaderLines;
  readonly copy: AnswerCopy;
  readonly deadlines: Deadlines;
  readonly done: (end: QuestionEnd, headMs: number) => void;
}

/**
 * One read that is asked of one side, without a body. Waits for a connection, then for the answer, which is kept whole;
 * ends once. Its time runs from when it has a connection: how long it waits says nothing of who is asked.
 */
export class Question implements Carried, Timed, Waiter {
  readonly method: string;
  readonly isLast = false;
  readonly isEndless = false;
  readonly upload = undefined;
  readonly deadlineMs = undefined;
  startedAt = 0;
  hasStarted = false;
  isDone = false;
  wasSent = false;
  wire: Wire | undefined;
  slot = -1;
  readonly #parts: QuestionParts;
  #pool: ConnectionPool | undefined;
  #connection: Connection | undefined;
  #headMs = Number.NaN;
  #status = 0;
  #isLate = false;

  constructor(parts: QuestionParts) {
    this.#parts = parts;
    this.method = parts.method;
  }

  /** Over plain HTTP/1.1. */
  askOver(pool: ConnectionPool): void {
    this.#pool = pool;
    if (!pool.acquire(this)) this.fail('busy');
  }

  take(connection: Connection): void {
    this.begin();
    this.#connection = connection;
    const { method, path, headers } = this.#parts;
    connection.send(this, `${method} ${path} HTTP/1.1\r\n${headers.text}\r\n`, undefined);
  }

  /** Its time begins. */
  begin(): void {
    this.startedAt = performance.now();
    this.#parts.deadlines.add(this);
  }

  head({ status, headers }: Head): void {
    this.hasStarted = true;
    this.#headMs = performance.now() - this.startedAt;
    this.#status = status;
    this.#parts.copy.head(status, headers.list);
  }

  data(chunk: Buffer, isOwned = false): void {
    if (this.isDone || this.#parts.copy.take(isOwned ? chunk : Buffer.from(chunk))) return;
    this.#giveUp({ kind: 'too-large', status: this.#status }); // The rest of it is not read.
  }

  complete(): void {
    this.#end({ kind: 'answered', answer: this.#parts.copy.answer() });
  }

  /** A connection may die at the moment it is used again; nobody is to blame, and a read may be asked once more. */
  fail(failure: FailureKind): void {
    const isStale = failure === 'reset' && !this.hasStarted && this.#connection?.wasUsed === true;
    if (!isStale || this.isDone || !this.#pool) return this.#end({ kind: 'failed', failure });
    this.#parts.deadlines.delete(this);
    this.take(this.#pool.fresh());
  }

  /** A process that stood still looks at its clock before its sockets: what lies there has until the next look. */
  expire(): void {
    if (this.#isLate) this.#giveUp({ kind: 'failed', failure: 'timeout' });
    this.#isLate = true;
  }

  interim(): void {}
  trailers(): void {}
  idle(): void {}
  giveUpOnClient(): void {}

  #giveUp(end: QuestionEnd): void {
    const { wire } = this;
    this.#end(end);
    wire?.drop();
  }

  #end(end: QuestionEnd): void {
    if (this.isDone) return;
    this.isDone = true;
    this.wire = undefined;
    const { deadlines, done } = this.#parts;
    deadlines.delete(this);
    done(end, Number.isNaN(this.#headMs) ? performance.now() - this.startedAt : this.#headMs);
  }
}
