import { isHttp10, type AnswerHead, type ClientResponse } from '../client.ts';
import { cleanTrailers } from '../hygiene/header-rules.ts';
import type { Head } from './answer-head.ts';
import type { Carried, Wire } from './carried.ts';
import type { Deadlines, Timed } from './deadlines.ts';
import type { Clearance } from '../markers/mark-exchange.ts';
import { DetainedAnswer } from './detained-answer.ts';
import type { FailureKind, ForwardJob, ForwardOutcome } from './forwarder.ts';
import { relayInterim } from './interim.ts';
import { isBodiless, outgoingHead } from './outgoing-head.ts';
import type { Upload } from './upload.ts';

type WithExchange = ClientResponse & { [EXCHANGE]?: Exchange | undefined };

const EXCHANGE = Symbol('exchange');
const SMALL = 16_384;
/** Nobody holds back who sends them while the client does not read. */
const MOST_INTERIMS = 16;
const NOTHING = Buffer.alloc(0);

/**
 * The client's end of one request at one target. Waiting until the head of the answer, then started; ends once: by the
 * end of the answer, a failure, the client leaving or a deadline. After the head only a complete answer may end the
 * response; anything else destroys it.
 */
export class Exchange implements Carried, Timed {
  readonly job: ForwardJob;
  readonly startedAt = performance.now();
  hasStarted = false;
  isEndless = false;
  isDone = false;
  readonly deadlineMs: number | undefined;
  slot = -1;
  /** The request's body, when it has yet to come in. */
  upload: Upload | undefined;
  wasSent = false;
  wire: Wire | undefined;
  protected readonly deadlines: Deadlines;
  protected readonly done: (outcome: ForwardOutcome) => void;
  #status = 0;
  #missing = -1;
  #hasFlushed = false;
  #isBodiless = false;
  #hasLeave = false;
  #interims = 0;
  #detained: DetainedAnswer | undefined;

  constructor(job: ForwardJob, deadlines: Deadlines, done: (outcome: ForwardOutcome) => void) {
    this.job = job;
    this.deadlineMs = job.deadlineMs;
    this.deadlines = deadlines;
    this.done = done;
  }

  get method(): string {
    return this.job.method;
  }

  /** Nor behind a body that the target may not have looked for. */
  get isLast(): boolean {
    return this.job.isDoubtful || this.upload?.isDone === false;
  }

  /** False when the client has left already; the exchange is over then. */
  begin(): boolean {
    const response = this.job.response as WithExchange;
    if (response.destroyed) {
      this.#end({ kind: 'client-gone' });
      return false;
    }
    if (response[EXCHANGE] === undefined) response.on('close', onClientClose);
    response[EXCHANGE] = this;
    if (this.upload) this.upload.onOverflow = () => this.#giveUp('too-large');
    this.deadlines.add(this);
    return true;
  }

  /** Lets the client send the body it holds back, as soon as it is its turn: Node would put it behind the head else. */
  giveLeave(): void {
    const { response, expectsContinue } = this.job;
    if (!expectsContinue || this.#hasLeave || this.hasStarted || this.isDone) return;
    if (response.socket === null) return void response.once('socket', () => this.giveLeave());
    this.#hasLeave = true;
    response.writeContinue();
  }

  interim(status: number, headers: readonly string[]): void {
    if (status === 100) this.giveLeave();
    else if (!this.isDone && this.#interims++ < MOST_INTERIMS && !isHttp10(this.job.request))
      relayInterim(this.job.response, status, headers);
  }

  /** Throws when the head cannot be given to the client as it is. */
  head(given: Head): void {
    const { clearance } = this.job;
    this.job.headAt = performance.now();
    if (clearance !== undefined && !clearance.isClear) this.#detain(given, clearance);
    else this.#head(given);
  }

  #head(given: Head): void {
    const { response, tap, method } = this.job;
    tap?.head(given.status, given.headers.list);
    const head = outgoingHead(given, this.job);
    this.#status = head.status;
    this.#isBodiless = isBodiless(head.status);
    this.#missing = method === 'HEAD' || this.#isBodiless ? -1 : head.length;
    this.isEndless = given.isEventStream;
    // A body nobody gave leave to send may come or not: the next request could not be found behind it.
    if (this.job.expectsContinue && !this.#hasLeave) response.shouldKeepAlive = false;
    writeHead(response, head);
    this.hasStarted = true;
  }

  /** Nothing more has come for now: a head that waits for its body goes out alone. */
  idle(): void {
    if (!this.hasStarted || this.#hasFlushed || this.isDone) return;
    this.#hasFlushed = true;
    this.job.response.write(NOTHING); // Node's own way to flush a head would write it in UTF-8.
  }

  data(given: Buffer, isOwned = false): void {
    if (this.isDone) return;
    if (this.#detained) return this.#detained.take(isOwned ? given : Buffer.from(given), this.wire);
    if (this.#isBodiless) return;
    this.job.answerBytes += given.length;
    const { response, tap } = this.job;
    const isLastAndSmall = this.#missing === given.length && given.length <= SMALL;
    const chunk = isOwned || (isLastAndSmall && !tap) ? given : Buffer.from(given);
    tap?.chunk(chunk);
    this.#hasFlushed = true;
    if (this.#missing >= 0) this.#missing -= chunk.length;
    // The last bytes of an announced length go out with the end; small ones with the head too, in a single write.
    if (this.#missing === 0) {
      if (isLastAndSmall) response.end(chunk.toString('latin1'), 'latin1');
      else response.end(chunk);
    } else if (!response.write(chunk)) {
      this.wire?.pause();
      response.once('drain', () => this.wire?.resume());
    }
  }

  /** To be told before the end. Raw names and values. */
  trailers(raw: readonly string[]): void {
    if (this.isDone || raw.length === 0) return;
    if (this.#detained) {
      this.#detained.trailers = raw;
      return;
    }
    const clean = cleanTrailers(raw);
    const pairs: [string, string][] = [];
    for (let i = 0; i < clean.length; i += 2) pairs.push([clean[i] ?? '', clean[i + 1] ?? '']);
    this.job.response.addTrailers(pairs);
  }

  complete(): void {
    if (this.isDone) return;
    if (this.#detained) {
      this.#detained.isComplete = true;
      this.wire = undefined; // It may serve another exchange.
      return;
    }
    const { response } = this.job;
    if (!response.writableEnded) response.end();
    this.#end({ kind: 'answered', status: this.#status });
  }

  fail(failure: FailureKind): void {
    if (this.isDone) return;
    const { response } = this.job;
    if (!response.headersSent) return this.#end({ kind: 'failed', failure, sent: this.wasSent });
    // Never a clean end: the client must see that the answer broke off (invariant 9).
    this.#end({ kind: 'truncated', status: this.#status });
    response.destroy();
  }

  /** The deadline is over: the target is dropped and, when it had begun to answer, so is the client. */
  expire(): void {
    this.#giveUp('timeout');
  }

  giveUpOnClient(): void {
    if (this.isDone) return;
    const { wire } = this;
    const { response } = this.job;
    const hasBegun = response.headersSent;
    this.#end(hasBegun ? { kind: 'truncated', status: this.#status } : { kind: 'client-slow' });
    if (hasBegun) response.destroy();
    wire?.drop();
  }

  clientLeft(): void {
    if (this.isDone) return;
    const { wire } = this;
    this.#end({ kind: 'client-gone' });
    wire?.drop();
  }

  /** The answer has come before it may begin: it waits here, and no byte of it counts as given. */
  #detain(head: Head, clearance: Clearance): void {
    this.#detained = new DetainedAnswer(head);
    clearance.onClear(() => this.#letGo());
  }

  #letGo(): void {
    const detained = this.#detained;
    this.#detained = undefined;
    if (!detained || this.isDone) return;
    try {
      this.#head(detained.head);
    } catch {
      return this.#giveUp('malformed'); // Node will not send such a head on.
    }
    for (const chunk of detained.chunks) this.data(chunk, true);
    this.trailers(detained.trailers);
    if (detained.isComplete) return this.complete();
    this.idle();
    this.wire?.resume();
  }

  #giveUp(failure: FailureKind): void {
    const { wire } = this;
    this.fail(failure);
    wire?.drop();
  }

  /** From here on the wire may serve another exchange. */
  #end(outcome: ForwardOutcome): void {
    this.isDone = true;
    this.wire = undefined;
    this.upload?.drop();
    this.deadlines.delete(this);
    this.settled(outcome);
  }

  /** The last word, unless a kind of exchange has another one. */
  protected settled(outcome: ForwardOutcome): void {
    this.done(outcome);
  }
}

function writeHead(response: ClientResponse, head: AnswerHead): void {
  if (response.writeLines) response.writeLines(head);
  else response.writeHead(head.status, head.message, [...head.headers.list]);
}

function onClientClose(this: ClientResponse): void {
  (this as WithExchange)[EXCHANGE]?.clientLeft();
}
