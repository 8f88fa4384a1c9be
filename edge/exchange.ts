import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Dispatcher, Pool } from 'undici';
import type { Deadlines, Timed } from './deadlines.ts';
import type { FailureKind, ForwardJob, ForwardOutcome } from './forwarder.ts';
import { cleanResponseHeaders, headerValue } from './response-headers.ts';

type Controller = Dispatcher.DispatchController & { readonly rawHeaders?: unknown };
type WithExchange = ServerResponse & { [EXCHANGE]?: Exchange | undefined };

const EXCHANGE = Symbol('exchange');
const REFUSED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const RESET = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/**
 * One request at one target: undici's handler and the client's response in one object.
 *
 * Waiting until the head of the answer, then started; ends once, by the end of the answer, a failure, the client
 * leaving or a deadline. After the head only a complete answer may end the response; anything else destroys it.
 */
export class Exchange implements Dispatcher.DispatchHandler, Timed {
  readonly startedAt = performance.now();
  hasStarted = false;
  isEndless = false;
  readonly #job: ForwardJob;
  readonly #deadlines: Deadlines;
  readonly #resolve: (outcome: ForwardOutcome) => void;
  #controller: Controller | undefined;
  #status = 0;
  /** Bytes of a body of announced length that are still to come; -1 when none was announced. */
  #missing = -1;
  #isDone = false;
  #isExpired = false;
  #wasSent = false;

  constructor(job: ForwardJob, deadlines: Deadlines, resolve: (outcome: ForwardOutcome) => void) {
    this.#job = job;
    this.#deadlines = deadlines;
    this.#resolve = resolve;
  }

  start(pool: Pool, body: Buffer | NodeJS.ReadableStream | null): void {
    const response = this.#job.response as WithExchange;
    if (response.destroyed) return this.#end({ kind: 'client-gone' });
    if (response[EXCHANGE] === undefined) response.on('close', onClientClose);
    response[EXCHANGE] = this;
    this.#deadlines.add(this);
    const { method, path, headers } = this.#job;
    try {
      pool.dispatch({ method: method, path, headers, body: body as Buffer | Readable | null }, this);
    } catch {
      this.#fail('malformed');
    }
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    this.#wasSent = true;
    if (this.#isDone) controller.abort(new Error('client left'));
  }

  onResponseStart(controller: Controller, status: number, _headers: unknown, message?: string): void {
    if (status < 200 || this.#isDone) return;
    const { response, extraHeaders, tap, request } = this.#job;
    const headers = cleanResponseHeaders((controller.rawHeaders ?? []) as Buffer[]);
    const length = headerValue(headers, 'content-length');
    this.#missing = length === undefined || request.method === 'HEAD' ? -1 : Number(length);
    this.isEndless = headerValue(headers, 'content-type')?.startsWith('text/event-stream') ?? false;
    tap?.head(status, headers);
    if (extraHeaders) headers.push(...extraHeaders);
    this.#status = status;
    response.writeHead(status, message, headers as unknown as Record<string, string>);
    this.hasStarted = true;
    if (this.isEndless || this.#missing < 0) response.flushHeaders();
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#isDone) return;
    const { response, tap } = this.#job;
    tap?.chunk(chunk);
    // The last bytes of an announced length go out together with the end.
    if (this.#missing >= 0 && (this.#missing -= chunk.length) === 0) return void response.end(chunk);
    if (response.write(chunk)) return;
    controller.pause();
    response.once('drain', () => controller.resume());
  }

  onResponseEnd(): void {
    if (this.#isDone) return;
    const { response } = this.#job;
    if (!response.writableEnded) response.end();
    this.#end({ kind: 'answered', status: this.#status });
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.#fail(this.#isExpired ? 'timeout' : failureOf(error));
  }

  /** The deadline is over: the target is dropped and, when it had begun to answer, so is the client. */
  expire(): void {
    this.#isExpired = true;
    this.#abort();
    this.#fail('timeout');
  }

  clientLeft(): void {
    if (this.#isDone) return;
    this.#end({ kind: 'client-gone' });
    this.#abort();
  }

  #abort(): void {
    this.#controller?.abort(new Error('aborted by the edge'));
  }

  #fail(failure: FailureKind): void {
    if (this.#isDone) return;
    const { response } = this.#job;
    if (!response.headersSent) return this.#end({ kind: 'failed', failure, sent: this.#wasSent });
    // Never a clean end: the client must see that the answer broke off (invariant 9).
    this.#end({ kind: 'truncated', status: this.#status });
    response.destroy();
  }

  #end(outcome: ForwardOutcome): void {
    this.#isDone = true;
    this.#deadlines.delete(this);
    this.#resolve(outcome);
  }
}

function onClientClose(this: ServerResponse): void {
  (this as WithExchange)[EXCHANGE]?.clientLeft();
}

function failureOf(error: Error): FailureKind {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined && REFUSED.has(code)) return 'refused';
  return code !== undefined && RESET.has(code) ? 'reset' : 'malformed';
}
