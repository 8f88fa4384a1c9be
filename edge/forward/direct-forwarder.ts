import { Attempt } from './attempt.ts';
import { ConnectionPool } from './connection-pool.ts';
import { Deadlines } from './deadlines.ts';
import type { Endpoint, ForwardJob, Forwarder, ForwardLimits, ForwardOutcome, PoolState } from './forwarder.ts';

/**
 * Carries everything over plain HTTP/1.1 on connections of its own: a quarter less CPU for the whole edge than with
 * undici (docs/adr/0006). What a target has over TLS goes to the fallback.
 */
export class DirectForwarder implements Forwarder {
  readonly carriesWhole = true;
  readonly #limits: ForwardLimits;
  readonly #fallback: Forwarder;
  readonly #deadlines: Deadlines;
  readonly #pools = new Map<string, ConnectionPool>();
  readonly #sweeper: NodeJS.Timeout;

  constructor(limits: ForwardLimits, fallback: Forwarder) {
    this.#limits = limits;
    this.#fallback = fallback;
    this.#deadlines = new Deadlines(limits);
    this.#sweeper = setInterval(() => this.#sweep(), 500);
    this.#sweeper.unref();
  }

  forward(job: ForwardJob): Promise<ForwardOutcome> {
    const { endpoint } = job;
    const { url } = endpoint;
    if (!url.startsWith('http:') && !url.startsWith('unix:')) return this.#fallback.forward(job);
    return new Promise((resolve) => new Attempt(job, this.#poolOf(endpoint), this.#deadlines, resolve).start());
  }

  pools(): PoolState[] {
    return [...[...this.#pools.values()].map((pool) => pool.state()), ...this.#fallback.pools()];
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#deadlines.close();
    for (const pool of this.#pools.values()) pool.close();
    await this.#fallback.close();
  }

  #poolOf(endpoint: Endpoint): ConnectionPool {
    const known = this.#pools.get(endpoint.url);
    if (known) return known;
    const pool = new ConnectionPool(endpoint, this.#limits);
    this.#pools.set(endpoint.url, pool);
    return pool;
  }

  /** Endpoints come and go: the pool of one that nobody asks any more goes with its last connection. */
  #sweep(): void {
    const now = performance.now();
    for (const [url, pool] of this.#pools) {
      pool.sweep(now);
      if (pool.isIdle) this.#pools.delete(url);
    }
  }
}
