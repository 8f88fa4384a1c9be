import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../shared/index.ts';
import { BoundedMap } from './bounded-map.ts';
import type { Caller } from './caller.ts';
import type { Callers } from './callers.ts';
import { cookieValue } from './cookie.ts';
import { ownCopy } from './own-copy.ts';
import type { Credentials, IdentityWay, Verdict } from './identity-way.ts';

interface Session {
  readonly userId: string;
  readonly expiresAtMs: number;
}

interface Remembered {
  readonly caller: Caller;
  readonly expiresAtMs: number;
}

/** Longer cookie lines are verified each time: whoever has one session could fill the memory with them. */
const LONGEST = 2_048;

export interface SignedSessionOptions {
  readonly cookie: string;
  readonly secret: string;
  readonly callers: Callers;
  readonly clock: Clock;
  /** How many cookie lines are remembered. */
  readonly memory: number;
}

/**
 * Legacy's signed session cookie. Forged, expired or unreadable means nobody. A verified cookie line is remembered, so
 * that a signature is checked once and not on every request.
 */
export class SignedSession implements IdentityWay {
  readonly #options: SignedSessionOptions;
  readonly #lines: BoundedMap<string, Remembered>;

  constructor(options: SignedSessionOptions) {
    this.#options = options;
    this.#lines = new BoundedMap(options.memory);
  }

  identify({ cookie }: Credentials): Verdict {
    if (cookie === undefined) return undefined;
    const known = this.#lines.get(cookie);
    if (known === undefined) return this.#verify(cookie);
    if (known.expiresAtMs > this.#options.clock.now()) return known.caller;
    this.#lines.delete(cookie);
    return undefined;
  }

  #verify(line: string): Caller | undefined {
    const { cookie, secret, callers, clock } = this.#options;
    const value = cookieValue(line, cookie);
    const session = value === undefined ? undefined : verifySession(value, secret);
    if (session === undefined || session.expiresAtMs <= clock.now()) return undefined;
    const caller = callers.identified({ kind: 'user', id: session.userId });
    if (caller && line.length <= LONGEST) this.#lines.set(ownCopy(line), { caller, expiresAtMs: session.expiresAtMs });
    return caller;
  }
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
