import { hash } from 'node:crypto';
import type { Callers } from './callers.ts';
import { cookieValue } from './cookie.ts';
import type { Credentials, IdentityWay, Verdict } from './identity-way.ts';

/**
 * A session cookie that means nothing to the edge. Its hash has a side; who it is, nobody was asked, so services are
 * told nothing. Whoever makes a value up chooses a side and gains nothing else. The value itself is never kept.
 */
export class OpaqueSession implements IdentityWay {
  readonly #cookie: string;
  readonly #callers: Callers;

  constructor(cookie: string, callers: Callers) {
    this.#cookie = cookie;
    this.#callers = callers;
  }

  identify({ cookie }: Credentials): Verdict {
    const value = cookie === undefined ? undefined : cookieValue(cookie, this.#cookie);
    return value ? this.#callers.unnamed(digestOf(value)) : undefined;
  }
}

/** What stands for a secret wherever it must be recognised again. */
export function digestOf(secret: string): string {
  return hash('sha256', secret, 'base64url');
}
