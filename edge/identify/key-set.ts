import { createLocalJWKSet, errors, type CryptoKey, type JWTVerifyGetKey, type LocalJWKSet } from 'jose';
import { messageOf, type Clock, type Log } from '../../shared/index.ts';

export interface KeySetOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly log: Log;
  /** From this age on the set is fetched again, while the old one goes on counting. */
  readonly maxAgeMs?: number;
  /** How often a key that is not in the set may cause another fetch. */
  readonly coolDownMs?: number;
  readonly timeoutMs?: number;
}

const DEFAULTS = { maxAgeMs: 600_000, coolDownMs: 10_000, timeoutMs: 5_000 };
const RETRY_MS = 1_000;
const MAX_BYTES = 262_144;

/** The keys could not be had: nothing can be said about a token. */
export class KeysMissing extends Error {
  override readonly name = 'KeysMissing';
}

/**
 * The public keys of an issuer. An issuer that does not answer takes nothing away: the last set stays in force. A key
 * nobody knows causes one fetch, and then none for a while, whoever sends such tokens and however many.
 */
export class KeySet {
  readonly #options: Required<KeySetOptions>;
  #keys: LocalJWKSet | undefined;
  #fetchedAt = -Infinity;
  #triedAt = -Infinity;
  #fetching: Promise<void> | undefined;

  constructor(options: KeySetOptions) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /** The key of a token's header. Rejects with KeysMissing while there is no set, else as jose does. */
  readonly keyFor: JWTVerifyGetKey = async (header, token): Promise<CryptoKey> => {
    const { clock, maxAgeMs, coolDownMs } = this.#options;
    if (this.#keys === undefined) await this.#fetchUnlessTried(RETRY_MS);
    else if (clock.now() - this.#fetchedAt > maxAgeMs) void this.#fetchUnlessTried(coolDownMs);
    try {
      return await this.#known(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#fetchUnlessTried(coolDownMs);
      return this.#known(header, token);
    }
  };

  /** Fetches the set before the first token comes. */
  start(): Promise<void> {
    return this.#fetchUnlessTried(0);
  }

  #known(...[header, token]: Parameters<JWTVerifyGetKey>): Promise<CryptoKey> {
    if (this.#keys) return this.#keys(header, token);
    return Promise.reject(new KeysMissing(`no keys of ${this.#options.url} yet`));
  }

  #fetchUnlessTried(pauseMs: number): Promise<void> {
    if (this.#fetching) return this.#fetching;
    const now = this.#options.clock.now();
    if (now - this.#triedAt < pauseMs) return Promise.resolve();
    this.#triedAt = now;
    this.#fetching = this.#fetch().finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }

  async #fetch(): Promise<void> {
    const { url, timeoutMs, clock, log } = this.#options;
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
      const text = await answer.text();
      if (!answer.ok || text.length > MAX_BYTES) throw new Error(`it answered ${answer.status}, ${text.length} bytes`);
      this.#keys = createLocalJWKSet(JSON.parse(text));
      this.#fetchedAt = clock.now();
    } catch (error) {
      log.warn({ url, problem: messageOf(error) }, 'the keys that verify tokens cannot be fetched; the last ones stay');
    }
  }
}
