import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../shared/index.ts';
import { BoundedMap } from './bounded-map.ts';
import { Caller } from './caller.ts';

export interface IdentifyOptions {
  readonly cookieName: string;
  readonly secret: string;
  readonly clock: Clock;
  /** How many sessions and callers are remembered. */
  readonly memory?: number;
}

interface Session {
  readonly userId: string;
  readonly expiresAtMs: number;
}

interface Remembered {
  readonly caller: Caller;
  readonly expiresAtMs: number;
}

/**
 * Tells who a request belongs to from legacy's signed session cookie. Forged, expired or unreadable means nobody.
 * A verified cookie line is remembered, so that a signature is checked once and not on every request.
 */
export class Identifier {
  readonly #options: IdentifyOptions;
  readonly #sessions: BoundedMap<string, Remembered>;
  readonly #callers: BoundedMap<string, Caller>;

  constructor(options: IdentifyOptions) {
    this.#options = options;
    this.#sessions = new BoundedMap(options.memory ?? 20_000);
    this.#callers = new BoundedMap(options.memory ?? 20_000);
  }

  identify(cookieHeader: string | undefined): Caller | undefined {
    if (cookieHeader === undefined) return undefined;
    const known = this.#sessions.get(cookieHeader);
    if (known === undefined) return this.#verify(cookieHeader);
    if (known.expiresAtMs > this.#options.clock.now()) return known.caller;
    this.#sessions.delete(cookieHeader);
    return undefined;
  }

  #verify(cookieHeader: string): Caller | undefined {
    const cookie = cookieValue(cookieHeader, this.#options.cookieName);
    const session = cookie === undefined ? undefined : verifySession(cookie, this.#options.secret);
    if (session === undefined || session.expiresAtMs <= this.#options.clock.now()) return undefined;
    const caller = this.#callerOf(session.userId);
    this.#sessions.set(cookieHeader, { caller, expiresAtMs: session.expiresAtMs });
    return caller;
  }

  #callerOf(userId: string): Caller {
    const known = this.#callers.get(userId);
    if (known) return known;
    const caller = new Caller({ id: userId, kind: 'user' });
    this.#callers.set(userId, caller);
    return caller;
  }
}

/** The value of the only cookie of that name. Two of them could be read differently by two applications: nobody. */
export function cookieValue(header: string, name: string): string | undefined {
  const pairs = header.split(';').map((part) => part.trim());
  const values = pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
  return values.length === 1 ? values[0] : undefined;
}

/** Reads `<userId>.<sessionId>.<expiresEpochSeconds>.<base64url(hmac-sha256)>`, or nothing when it is not genuine. */
export function verifySession(cookie: string, secret: string): Session | undefined {
  const lastDot = cookie.lastIndexOf('.');
  const [userId = '', sessionId = '', expires = '', ...more] = cookie.slice(0, lastDot).split('.');
  if (more.length > 0 || !/^\d{1,20}$/.test(userId) || sessionId === '' || !/^\d{1,12}$/.test(expires))
    return undefined;
  const expected = createHmac('sha256', secret).update(cookie.slice(0, lastDot)).digest();
  const given = Buffer.from(cookie.slice(lastDot + 1), 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  return { userId, expiresAtMs: Number(expires) * 1000 };
}
