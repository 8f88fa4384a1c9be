import { isBodyKept, wholeBodyOf } from '../forward/request-body.ts';
import { headerValue } from '../hygiene/header-value.ts';
import type { Journey } from '../journey.ts';
import { Masking } from './masking.ts';
import { pseudonymOf } from './pseudonym.ts';
import type { RecordingCounts, RecordOrder, RecordSink } from './request-recorder.ts';

const HEADERS = ['accept', 'accept-language', 'content-type'];

/** Requests of one unit as they go by in this process, masked before they leave it. It remembers no subject. */
export class Recording {
  #taken = 0;
  #dropped = 0;
  readonly #order: RecordOrder;
  readonly #sink: RecordSink;
  readonly #random: () => number;
  readonly #masking: Masking;
  /** By the clock of requests, which nobody sets. */
  readonly #beganAt: number;

  constructor(order: RecordOrder, sink: RecordSink, random: () => number = Math.random) {
    this.#order = order;
    this.#sink = sink;
    this.#random = random;
    this.#masking = new Masking(order.keep);
    this.#beganAt = performance.now() - (Date.now() - order.beganAt);
  }

  get counts(): RecordingCounts {
    return { taken: this.#taken, dropped: this.#dropped, lost: 0 };
  }

  /** A request has been answered. */
  take(journey: Journey, status: number): void {
    const { route, clean, method, caller, startedAt } = journey;
    if (!route || route.kind !== 'api') return;
    const session = this.#sessionOf(caller?.subject.id);
    if (session === undefined) return;
    const body = bodyOf(journey, this.#masking);
    const request = {
      atMs: Math.max(0, Math.round(startedAt - this.#beganAt)),
      route: `${route.method} ${route.path}`,
      method,
      path: this.#masking.path(clean.target, route.path),
      headers: headersOf(clean.headers.list),
      session,
      ...(body !== undefined && { body }),
      status,
    };
    if (this.#sink(request, this.counts)) this.#taken++;
    else this.#dropped++;
  }

  /** Null for nobody; undefined when the request is not to be taken. */
  #sessionOf(subject: string | undefined): string | null | undefined {
    const { share, key } = this.#order;
    if (subject === undefined) return this.#random() < share ? null : undefined;
    const { name, place } = pseudonymOf(key, subject);
    return place < share ? name : undefined;
  }
}

function bodyOf(journey: Journey, masking: Masking): string | undefined {
  const { request, bodyBytes } = journey;
  const body = bodyBytes !== 0 && isBodyKept(request, bodyBytes) ? wholeBodyOf(journey) : undefined;
  return body && masking.body(body);
}

function headersOf(list: readonly string[]): Record<string, string> {
  const found = HEADERS.map((name) => [name, headerValue(list, name)]);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined)) as Record<string, string>;
}
