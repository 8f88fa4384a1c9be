import { ConnectionPool, type PoolLimits } from './connection-pool.ts';
import type { Endpoint, PoolState } from './forwarder.ts';

const SWEEP_MS = 500;

/** The pools of all endpoints that are asked. Endpoints come and go: the pool of one goes with its last connection. */
export class ConnectionPools {
  readonly #limits: PoolLimits;
  readonly #pools = new Map<string, ConnectionPool>();
  readonly #sweeper: NodeJS.Timeout;

  constructor(limits: PoolLimits) {
    this.#limits = limits;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweeper.unref();
  }

  of(endpoint: Endpoint): ConnectionPool {
    const known = this.#pools.get(endpoint.url);
    if (known) return known;
    const pool = new ConnectionPool(endpoint, this.#limits);
    this.#pools.set(endpoint.url, pool);
    return pool;
  }

  states(): PoolState[] {
    return [...this.#pools.values()].map((pool) => pool.state());
  }

  close(): void {
    clearInterval(this.#sweeper);
    for (const pool of this.#pools.values()) pool.close();
  }

  #sweep(): void {
    const now = performance.now();
    for (const [url, pool] of this.#pools) {
      pool.sweep(now);
      if (pool.isIdle) this.#pools.delete(url);
    }
  }
}

/** True for a URL that is plain HTTP/1.1; everything else is for a general client. */
export function isPlain(url: string): boolean {
  return url.startsWith('http:') || url.startsWith('unix:');
}
