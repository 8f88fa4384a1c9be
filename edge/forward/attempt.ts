import type { Connection } from './connection.ts';
import type { ConnectionPool, Waiter } from './connection-pool.ts';
import type { Deadlines } from './deadlines.ts';
import { Exchange } from './exchange.ts';
import { SAFE_METHODS, type FailureKind, type ForwardJob, type ForwardOutcome } from './forwarder.ts';
import { collect, isSmallBody, uploadOf, wholeBodyOf } from './request-body.ts';
import type { BodySink } from './upload.ts';

/** How long a target may leave the client waiting for its leave to send a body. */
const LEAVE_MS = 1000;

/** One request on its way to a connection, and once more at most. */
export class Attempt extends Exchange implements Waiter, BodySink {
  readonly #pool: ConnectionPool;
  #body: Buffer | undefined;
  #connection: Connection | undefined;

  constructor(job: ForwardJob, pool: ConnectionPool, deadlines: Deadlines, done: (outcome: ForwardOutcome) => void) {
    super(job, deadlines, done);
    this.#pool = pool;
  }

  start(): void {
    const { job } = this;
    this.upload = uploadOf(job);
    if (!this.begin()) return;
    if (!this.upload) this.#startWith(wholeBodyOf(job));
    else if (isSmallBody(job.bodyBytes) && !job.expectsContinue)
      void collect(job, this.upload).then((body) => this.#startWith(body));
    else this.#acquire();
  }

  take(connection: Connection): void {
    const { job, upload } = this;
    this.#connection = connection;
    connection.send(this, headOf(job), this.#body);
    if (!upload || this.#body) return;
    if (job.expectsContinue) setTimeout(() => this.giveLeave(), LEAVE_MS).unref();
    upload.pour(this);
  }

  bodyChunk(chunk: Buffer): boolean {
    return this.#connection?.sendChunk(chunk, this.job.bodyBytes < 0) ?? false;
  }

  bodyEnd(): void {
    if (this.job.bodyBytes < 0) this.#connection?.sendLastChunk();
  }

  protected override settled(outcome: ForwardOutcome): void {
    if (outcome.kind === 'failed' && this.#mayRepeat(outcome.failure)) this.#repeat();
    else this.done(outcome);
  }

  #startWith(body: Buffer | undefined): void {
    if (this.isDone) return;
    this.#body = body;
    this.#acquire();
  }

  #acquire(): void {
    if (!this.#pool.acquire(this)) this.fail('busy');
  }

  /**
   * A connection may die at the moment it is used again; nobody is to blame. A request that may be repeated and had no
   * byte of an answer is sent once more, on a new connection. Nothing else is ever sent twice (invariant 9).
   */
  #mayRepeat(failure: FailureKind): boolean {
    if (failure !== 'reset' || this.job.bodyBytes !== 0 || !SAFE_METHODS.has(this.job.method)) return false;
    return this.#connection?.wasUsed === true;
  }

  #repeat(): void {
    this.job.retries++;
    const second = new Attempt(this.job, this.#pool, this.deadlines, this.done);
    if (second.begin()) second.take(this.#pool.fresh());
  }
}

function headOf({ method, path, headers, bodyBytes, expectsContinue }: ForwardJob): string {
  const framing = bodyBytes < 0 ? 'Transfer-Encoding: chunked\r\n' : '';
  const expectation = expectsContinue ? 'Expect: 100-continue\r\n' : '';
  return `${method} ${path} HTTP/1.1\r\n${headers.text}${framing}${expectation}\r\n`;
}
