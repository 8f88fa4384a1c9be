import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { RateCount, RateStore, Taken } from './rate-store.ts';

/** Counts the requests of this edge alone. */
export class MemoryRateStore implements RateStore {
  readonly #limiters = new Map<string, RateLimiterMemory>();

  async take(count: RateCount, key: string): Promise<Taken> {
    const { consumedPoints, msBeforeNext } = await this.#limiterOf(count).penalty(key);
    const remaining = Math.max(0, count.requests - consumedPoints);
    return { isAllowed: consumedPoints <= count.requests, remaining, resetMs: msBeforeNext };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #limiterOf({ name, requests, seconds }: RateCount): RateLimiterMemory {
    const key = `${name} ${requests}/${seconds}`;
    const known = this.#limiters.get(key);
    if (known) return known;
    const limiter = new RateLimiterMemory({ keyPrefix: '', points: requests, duration: seconds });
    this.#limiters.set(key, limiter);
    return limiter;
  }
}
