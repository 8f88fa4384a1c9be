import type { Dispatcher } from 'undici';
import { HeaderLines } from '../hygiene/header-lines.ts';
import type { Exchange, Wire } from './exchange.ts';
import type { FailureKind } from './forwarder.ts';
import { headerValue } from '../hygiene/header-value.ts';
import { cleanResponseHeaders } from './response-headers.ts';

type Controller = Dispatcher.DispatchController & { readonly rawHeaders?: unknown };

const REFUSED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const RESET = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** undici's side of an exchange. */
export class UndiciHandler implements Dispatcher.DispatchHandler, Wire {
  readonly #exchange: Exchange;
  #controller: Controller | undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    exchange.wire = this;
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
    this.#exchange.wasSent = true;
    if (this.#exchange.isDone) this.drop();
  }

  onResponseStart(controller: Controller, status: number, _headers: unknown, message = ''): void {
    if (status < 200 || this.#exchange.isDone) return;
    const headers = cleanResponseHeaders((controller.rawHeaders ?? []) as Buffer[]);
    const length = Number(headerValue(headers, 'content-length') ?? -1);
    const isEventStream = headerValue(headers, 'content-type')?.startsWith('text/event-stream') ?? false;
    const hasDate = headerValue(headers, 'date') !== undefined;
    this.#exchange.head({ status, message, headers: HeaderLines.ofList(headers), length, isEventStream, hasDate });
    if (length < 0) this.#exchange.idle();
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    this.#exchange.data(chunk, true);
  }

  onResponseEnd(): void {
    this.#exchange.complete();
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.#exchange.fail(failureOf(error));
  }
}

export function failureOf(error: Error): FailureKind {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined && REFUSED.has(code)) return 'refused';
  return code !== undefined && RESET.has(code) ? 'reset' : 'malformed';
}
