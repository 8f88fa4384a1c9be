import { createHmac } from 'node:crypto';
import type { Clock } from '../../shared/index.ts';
import type { Caller, Identity } from './caller.ts';

/** The header that tells a service who the request belongs to. Stripped from every request that comes in. */
export const IDENTITY_HEADER = 'x-banyan-identity';

const LIFE_S = 60;
const HEADER = base64url({ alg: 'HS256', typ: 'JWT' });

/**
 * Issues the short-lived JWT a service trusts instead of sessions: `sub` the user or `key:<name>`, `kind`, `tenant` where
 * one is known, `aud` the unit.
 */
export class IdentityTokens {
  readonly #key: string;
  readonly #clock: Clock;

  constructor(key: string, clock: Clock) {
    this.#key = key;
    this.#clock = clock;
  }

  /** Nothing for a caller who has a side and no name. */
  tokenFor(caller: Caller, unit: string): string | undefined {
    return caller.token(unit, this.#clock.now(), (identity) => this.#issue(identity, unit));
  }

  /** Signed in place: an asynchronous signer would cost every first request of a user a turn of the event loop. */
  #issue({ sub, kind, tenant }: Identity, aud: string): { value: string; refreshAtMs: number } {
    const nowMs = this.#clock.now();
    const iat = Math.floor(nowMs / 1000);
    const claims = base64url({ iss: 'banyan-edge', sub, kind, tenant, aud, iat, exp: iat + LIFE_S });
    const signature = createHmac('sha256', this.#key).update(`${HEADER}.${claims}`).digest('base64url');
    return { value: `${HEADER}.${claims}.${signature}`, refreshAtMs: nowMs + (LIFE_S * 1000) / 2 };
  }
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
