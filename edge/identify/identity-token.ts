import type { Clock } from '../../shared/index.ts';
import type { Caller, Identity } from './caller.ts';
import type { TokenSigner } from './token-signer.ts';

/** The header that tells a service who the request belongs to. Stripped from every request that comes in. */
export const IDENTITY_HEADER = 'x-banyan-identity';

/** Gives a token that is good for half a minute at least, whenever it is asked: what is sent late needs another one. */
export type TokenSource = () => string | undefined;

const LIFE_S = 60;

/**
 * Issues the short-lived JWT a service trusts instead of sessions: `sub` the user or `key:<name>`, `kind`, `tenant` where
 * one is known, `aud` the unit.
 */
export class IdentityTokens {
  readonly #signer: TokenSigner;
  readonly #clock: Clock;

  constructor(signer: TokenSigner, clock: Clock) {
    this.#signer = signer;
    this.#clock = clock;
  }

  /** Nothing for a caller who has a side and no name. */
  tokenFor(caller: Caller, unit: string): string | undefined {
    return caller.token(unit, this.#clock.now(), (identity) => this.#issue(identity, unit));
  }

  #issue(identity: Identity, aud: string): { value: string; refreshAtMs: number } {
    const nowMs = this.#clock.now();
    return { value: signIdentity(this.#signer, identity, aud, nowMs), refreshAtMs: nowMs + (LIFE_S * 1000) / 2 };
  }
}

/** What a service is told of who it is, good for a minute. `aud` is the unit. */
export function signIdentity(signer: TokenSigner, { sub, kind, tenant }: Identity, aud: string, nowMs: number): string {
  const iat = Math.floor(nowMs / 1000);
  return signer.sign({ iss: 'banyan-edge', sub, kind, tenant, aud, iat, exp: iat + LIFE_S });
}
