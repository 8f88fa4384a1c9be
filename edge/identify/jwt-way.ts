import { errors, jwtVerify, type JWTPayload } from 'jose';
import type { Clock } from '../../shared/index.ts';
import { BoundedMap } from './bounded-map.ts';
import type { Caller } from './caller.ts';
import type { Callers, Claims } from './callers.ts';
import { cookieValue } from './cookie.ts';
import { LATE, type Credentials, type IdentityWay, type Verdict } from './identity-way.ts';
import { KeysMissing, type KeySet } from './key-set.ts';
import { digestOf } from './opaque-session.ts';

/** Signatures that only the issuer can make. A shared secret would let every verifier issue tokens. */
export const JWT_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

export interface JwtOptions {
  readonly issuer: string;
  readonly audience: string;
  /** Where the issuer publishes its keys. */
  readonly jwks: string;
  readonly algorithms: readonly (typeof JWT_ALGORITHMS)[number][];
  /** The cookie that holds the token; `Authorization: Bearer` when there is none. */
  readonly cookie?: string | undefined;
  /** The claim that names the tenant. */
  readonly tenantClaim?: string | undefined;
  /** Between the issuer's clock and ours. */
  readonly clockToleranceS?: number | undefined;
}

export interface JwtWayParts {
  readonly options: JwtOptions;
  readonly keys: KeySet;
  readonly callers: Callers;
  readonly clock: Clock;
  readonly memory: number;
  /** Called for each token that was looked at and not taken. */
  readonly refused: (reason: string) => void;
}

interface Verified {
  readonly caller: Caller;
  readonly untilMs: number;
}

const SHAPE = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const LONGEST = 8_192;
const MAX_EXPIRED = 2_000;
const BEARER = /^Bearer +(\S+)$/i;

/**
 * A JWT of the company's issuer. Checked once: a verified token is remembered by its hash until it expires, and
 * requests that come with the same new token wait for the same check.
 */
export class JwtWay implements IdentityWay {
  readonly #parts: JwtWayParts;
  readonly #toleranceS: number;
  readonly #verified: BoundedMap<string, Verified>;
  /** Clients go on showing what has expired: no key and no time will put that right, so it is not checked again. */
  readonly #expired = new BoundedMap<string, true>(MAX_EXPIRED);
  readonly #checking = new Map<string, Promise<Verdict>>();

  constructor(parts: JwtWayParts) {
    this.#parts = parts;
    this.#toleranceS = parts.options.clockToleranceS ?? 5;
    this.#verified = new BoundedMap(parts.memory);
  }

  identify(from: Credentials): Verdict | Promise<Verdict> {
    const token = this.#tokenIn(from);
    if (token === undefined || token.length > LONGEST || !SHAPE.test(token)) return undefined;
    const digest = digestOf(token);
    const known = this.#verified.get(digest);
    if (known && known.untilMs > this.#parts.clock.now()) return known.caller;
    if (known) this.#forget(digest);
    return this.#expired.get(digest) ? this.#refuse('expired') : this.#checkOnce(token, digest);
  }

  start(): Promise<void> {
    return this.#parts.keys.start();
  }

  #tokenIn({ headers, cookie }: Credentials): string | undefined {
    const name = this.#parts.options.cookie;
    if (name !== undefined) return cookie === undefined ? undefined : cookieValue(cookie, name);
    const line = headers.value('authorization');
    return line === undefined ? undefined : BEARER.exec(line)?.[1];
  }

  #checkOnce(token: string, digest: string): Promise<Verdict> {
    const waiting = this.#checking.get(digest);
    if (waiting) return waiting;
    const checking = this.#check(token, digest).finally(() => this.#checking.delete(digest));
    this.#checking.set(digest, checking);
    return checking;
  }

  async #check(token: string, digest: string): Promise<Verdict> {
    try {
      const { payload } = await jwtVerify(token, this.#parts.keys.keyFor, this.#rules());
      const claims = this.#claimsIn(payload);
      const caller = claims && this.#parts.callers.identified(claims);
      if (!caller) return this.#refuse('claims');
      this.#verified.set(digest, { caller, untilMs: (Number(payload.exp) + this.#toleranceS) * 1000 });
      return caller;
    } catch (error) {
      if (error instanceof KeysMissing) return LATE;
      const reason = reasonOf(error);
      if (reason === 'expired') this.#expired.set(digest, true);
      return this.#refuse(reason);
    }
  }

  #forget(digest: string): void {
    this.#verified.delete(digest);
    this.#expired.set(digest, true);
  }

  #rules(): Parameters<typeof jwtVerify>[2] {
    const { options, clock } = this.#parts;
    return {
      algorithms: [...options.algorithms],
      issuer: options.issuer,
      audience: options.audience,
      clockTolerance: this.#toleranceS,
      requiredClaims: ['sub', 'exp'],
      currentDate: new Date(clock.now()),
    };
  }

  #claimsIn(payload: JWTPayload): Claims | undefined {
    const { tenantClaim } = this.#parts.options;
    if (payload.sub === undefined) return undefined;
    const tenant = tenantClaim === undefined ? undefined : payload[tenantClaim];
    if (tenant === undefined || tenant === null) return { kind: 'user', id: payload.sub };
    return typeof tenant === 'string' ? { kind: 'user', id: payload.sub, tenant } : undefined;
  }

  #refuse(reason: string): undefined {
    this.#parts.refused(reason);
    return undefined;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'expired',
  ERR_JWT_CLAIM_VALIDATION_FAILED: 'claims',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'signature',
  ERR_JOSE_ALG_NOT_ALLOWED: 'algorithm',
  ERR_JWKS_NO_MATCHING_KEY: 'unknown-key',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'unknown-key',
};

/** A stable word for what is wrong with a token. */
function reasonOf(error: unknown): string {
  return error instanceof errors.JOSEError ? (REASONS[error.code] ?? 'malformed') : 'malformed';
}
