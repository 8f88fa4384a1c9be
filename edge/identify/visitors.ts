import { randomBytes } from 'node:crypto';
import type { Clock } from '../../shared/index.ts';
import type { Caller } from './caller.ts';
import type { Callers } from './callers.ts';
import { isPageLoad, type PageRequest } from './page-load.ts';
import type { Acquaintance, VisitorCookie } from './visitor-cookie.ts';

export interface VisitorsParts {
  readonly cookie: VisitorCookie;
  readonly callers: Callers;
  readonly clock: Clock;
  /** False while the person's own side would take them back from where the visitor is. */
  readonly mayLink: (visitor: Caller, person: Caller) => boolean;
}

/** Whose side counts for a request, and the cookie to be set with its answer. */
export interface Meeting {
  readonly caller: Caller | undefined;
  readonly setCookie?: string;
}

/**
 * A page and what it loads ask at the same time and get a cookie each; the browser keeps the last. Until that is over a
 * visitor is nobody, or they would change sides with each of them.
 */
const SETTLE_S = 10;

/**
 * Keeps people who are not logged in on a side, and on the same one when they log in and out.
 *
 * - unknown: no cookie. Nobody, hence legacy; a page load is given a cookie.
 * - visitor: the cookie has an id of its own, whose side counts.
 * - guest: logged in, but with a side of their own that would take them back from the service. The visitor's side goes on
 *   to count, for as long as that is so; what services are told is the user.
 * - linked: the cookie names the user, whose side counts, logged in or not. Everybody becomes it who logs in, at once
 *   unless they are a guest first. Another user who logs in on the device takes it over.
 */
export class Visitors {
  readonly #parts: VisitorsParts;

  constructor(parts: VisitorsParts) {
    this.#parts = parts;
  }

  /** True for a page load by somebody without a cookie: the moment to give one, whatever is asked for. */
  isFirstPage(request: PageRequest): boolean {
    return isPageLoad(request) && this.#parts.cookie.read(request.cookie) === undefined;
  }

  meet(person: Caller | undefined, request: PageRequest): Meeting {
    const known = this.#parts.cookie.read(request.cookie);
    if (person === undefined) return known ? this.#returning(known) : this.#unknown(request);
    if (person.identity?.kind !== 'user' || known?.subject.id === person.subject.id) return { caller: person };
    return this.#loggedIn(person, known, request);
  }

  #returning(known: Acquaintance): Meeting {
    return { caller: this.#hasSettled(known) ? this.#parts.callers.of(known.subject) : undefined };
  }

  #unknown(request: PageRequest): Meeting {
    if (!isPageLoad(request)) return { caller: undefined };
    const subject = { id: `visitor:${randomBytes(16).toString('base64url')}`, kind: 'visitor' } as const;
    return { caller: undefined, setCookie: this.#lineFor({ subject, sinceS: this.#nowS() }) };
  }

  /** A client that shows no page and keeps no cookie would be given one with every answer. */
  #loggedIn(person: Caller, known: Acquaintance | undefined, request: PageRequest): Meeting {
    const { callers, mayLink } = this.#parts;
    const visitor =
      known?.subject.kind === 'visitor' && this.#hasSettled(known) ? callers.of(known.subject) : undefined;
    if (visitor && !mayLink(visitor, person)) return { caller: callers.guest(visitor, person) };
    if (request.cookie === undefined && !isPageLoad(request)) return { caller: person };
    return { caller: person, setCookie: this.#lineFor({ subject: person.subject, sinceS: this.#nowS() }) };
  }

  #hasSettled({ subject, sinceS }: Acquaintance): boolean {
    return subject.kind !== 'visitor' || this.#nowS() - sinceS >= SETTLE_S;
  }

  #lineFor(acquaintance: Acquaintance): string {
    return this.#parts.cookie.lineFor(acquaintance);
  }

  #nowS(): number {
    return Math.floor(this.#parts.clock.now() / 1000);
  }
}
