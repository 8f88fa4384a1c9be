import type { Dispatcher } from 'undici';
import { readAnswerHead } from './answer-head.ts';
import type { Carried, Wire } from './carried.ts';
import type { FailureKind } from './forwarder.ts';

type Controller = Dispatcher.DispatchController & { readonly rawHeaders?: unknown; readonly rawTrailers?: unknown };

const REFUSED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const RESET = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** undici's end of a request. */
export class UndiciHandler implements Dispatcher.DispatchHandler, Wire {
  readonly #carried: Carried;
  #controller: Controller | undefined;

  constructor(carried: Carried) {
    this.#carried = carried;
    carried.wire = this;
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  drop(): void {
    this.#controller?.abort(new Error('dropped by the edge'));
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    this.#carried.wasSent = true;
    if (this.#carried.isDone) this.drop();
  }

  onResponseStart(controller: Controller, status: number, _headers: unknown, message = ''): void {
    if (this.#carried.isDone) return;
    const head = readAnswerHead(status, bytesOf(message), (controller.rawHeaders ?? []) as Buffer[]);
    if (status < 200) return this.#carried.interim(status, head.headers.list);
    this.#carried.head(head);
    if (head.length < 0) this.#carried.idle();
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    this.#carried.data(chunk, true);
  }

  onResponseEnd(controller: Controller): void {
    const raw = (controller.rawTrailers ?? []) as Buffer[];
    this.#carried.trailers(raw.map((text) => text.toString('latin1')));
    this.#carried.complete();
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.#carried.fail(failureOf(error));
  }
}

export function failureOf(error: Error): FailureKind {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined && REFUSED.has(code)) return 'refused';
  return code !== undefined && RESET.has(code) ? 'reset' : 'malformed';
}

/** undici reads the reason as UTF-8. Where it was not, its bytes are gone, and so is it. */
function bytesOf(message: string): string {
  return message.includes('\ufffd') ? '' : Buffer.from(message).toString('latin1');
}
