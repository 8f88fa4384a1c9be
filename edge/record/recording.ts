import { isBodyKept, wholeBodyOf } from '../forward/request-body.ts';
import { headerValue } from '../hygiene/header-value.ts';
import type { Journey } from '../journey.ts';
import { Masking, type KeptPlace } from './masking.ts';
import type { RecordedRequest } from './recorded-request.ts';

export interface RecordingOptions {
  /** Of the subjects, from 0 to 1: all requests of one, or none. */
  readonly share: number;
  readonly keep: readonly KeptPlace[];
  readonly random?: () => number;
  /** Takes a request; false when it could not. */
  readonly sink: (request: RecordedRequest) => boolean;
}

/** Subjects that are told apart; requests of further ones are not taken. */
const MAX_SUBJECTS = 10_000;
const HEADERS = ['accept', 'accept-language', 'content-type'];

/** Requests of one unit as they go by, masked before they leave this process. */
export class Recording {
  taken = 0;
  dropped = 0;
  readonly #options: RecordingOptions;
  readonly #masking: Masking;
  readonly #startedAt = performance.now();
  /** Undefined: not one of the share. */
  readonly #sessions = new Map<string, string | undefined>();
  #named = 0;

  constructor(options: RecordingOptions) {
    this.#options = options;
    this.#masking = new Masking(options.keep);
  }

  /** A request has been answered. */
  take(journey: Journey, status: number): void {
    const { route, clean, method, caller, startedAt } = journey;
    if (!route || route.kind !== 'api') return;
    const session = this.#sessionOf(caller?.subject.id);
    if (session === undefined) return;
    const body = bodyOf(journey, this.#masking);
    const isTaken = this.#options.sink({
      atMs: Math.max(0, Math.round(startedAt - this.#startedAt)),
      route: `${route.method} ${route.path}`,
      method,
      path: this.#masking.path(clean.target, route.path),
      headers: headersOf(clean.headers.list),
      session,
      ...(body !== undefined && { body }),
      status,
    });
    if (isTaken) this.taken++;
    else this.dropped++;
  }

  /** Null for nobody; undefined when the request is not to be taken. */
  #sessionOf(subject: string | undefined): string | null | undefined {
    const { share, random = Math.random } = this.#options;
    if (subject === undefined) return random() < share ? null : undefined;
    if (this.#sessions.has(subject)) return this.#sessions.get(subject);
    if (this.#sessions.size >= MAX_SUBJECTS) return undefined;
    const session = random() < share ? `user-${++this.#named}` : undefined;
    this.#sessions.set(subject, session);
    return session;
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
