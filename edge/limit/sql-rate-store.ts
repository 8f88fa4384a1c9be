import { createHmac } from 'node:crypto';
import { RateLimiterMySQL, RateLimiterRes } from 'rate-limiter-flexible';
import { messageOf, openPool, systemClock, type Log, type Pool } from '../../shared/index.ts';
import { MemoryRateStore } from './memory-rate-store.ts';
import type { RateCount, RateStore, Taken } from './rate-store.ts';

export interface SqlRateOptions {
  /** `mysql://` URL of the server with the table `banyan.rate_limit`. */
  readonly databaseUrl: string;
  /** Keys are stored as hashes under this secret: nobody can tell from the table who has asked (invariant 10). */
  readonly secret: string;
  readonly log: Log;
  /** Told each time the store has not answered. */
  readonly failed: () => void;
  /** How long a request may wait for the store; 100 when absent. */
  readonly patienceMs?: number;
}

/** Made with the control schema, by whoever may make tables. An edge's account needs no more than to read and write it. */
export const RATE_LIMIT_TABLE = `CREATE TABLE IF NOT EXISTS banyan.rate_limit (
  \`key\` VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  points INT NOT NULL,
  expire BIGINT UNSIGNED NULL
) ENGINE=InnoDB`;

const PATIENCE_MS = 100;
const AVOID_MS = 1000;
const CONNECTIONS = 8;

/**
 * Counts the requests of all edges in one table. A store that fails or is slow is left alone for a second; so long each
 * edge counts for itself, and lets through what it would let through alone.
 */
export class SqlRateStore implements RateStore {
  readonly #options: SqlRateOptions;
  readonly #pool: Pool;
  readonly #limiters = new Map<string, RateLimiterMySQL>();
  readonly #alone = new MemoryRateStore();
  #avoidUntil = 0;

  constructor(options: SqlRateOptions) {
    this.#options = options;
    this.#pool = openPool(options.databaseUrl, { size: CONNECTIONS });
  }

  async take(count: RateCount, key: string): Promise<Taken> {
    if (performance.now() < this.#avoidUntil) return this.#alone.take(count, key);
    try {
      return takenOf(
        count,
        await inTime(this.#limiterOf(count).consume(this.#hashed(count, key)), this.#options.patienceMs),
      );
    } catch (error) {
      if (error instanceof RateLimiterRes) return { isAllowed: false, remaining: 0, resetMs: error.msBeforeNext };
      this.#leaveAlone(error);
      return this.#alone.take(count, key);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end().catch(() => undefined);
  }

  #hashed({ name }: RateCount, key: string): string {
    return createHmac('sha256', this.#options.secret).update(`${name}\n${key}`).digest('base64url');
  }

  #leaveAlone(error: unknown): void {
    this.#avoidUntil = performance.now() + AVOID_MS;
    this.#options.failed();
    this.#options.log.warn({ problem: messageOf(error) }, 'requests are counted by each edge alone for a second');
  }

  #limiterOf({ name, requests, seconds }: RateCount): RateLimiterMySQL {
    const key = `${name} ${requests}/${seconds}`;
    const known = this.#limiters.get(key);
    if (known) return known;
    const limiter = new RateLimiterMySQL({
      // It speaks to the pool underneath the one of promises.
      storeClient: this.#pool.pool,
      storeType: 'pool',
      dbName: 'banyan',
      tableName: 'rate_limit',
      tableCreated: true,
      keyPrefix: '',
      points: requests,
      duration: seconds,
      // Whoever is over the limit is refused without asking again.
      inMemoryBlockOnConsumed: requests + 1,
    });
    this.#limiters.set(key, limiter);
    return limiter;
  }
}

async function inTime(consuming: Promise<RateLimiterRes>, patienceMs = PATIENCE_MS): Promise<RateLimiterRes> {
  const tooLate = new AbortController();
  const waiting = systemClock.sleep(patienceMs, tooLate.signal).then(() => {
    throw new Error(`no answer in ${patienceMs} ms`);
  });
  waiting.catch(() => undefined);
  try {
    return await Promise.race([consuming, waiting]);
  } finally {
    tooLate.abort();
  }
}

function takenOf({ requests }: RateCount, { consumedPoints, msBeforeNext }: RateLimiterRes): Taken {
  const remaining = Math.max(0, requests - consumedPoints);
  return { isAllowed: consumedPoints <= requests, remaining, resetMs: Math.max(0, msBeforeNext) };
}
