import { Attempt } from './attempt.ts';
import { ConnectionPools, isPlain } from './connection-pools.ts';
import { Deadlines } from './deadlines.ts';
import type { ForwardJob, Forwarder, ForwardLimits, ForwardOutcome, PoolState } from './forwarder.ts';

/**
 * Carries everything over plain HTTP/1.1 on connections of its own: a quarter less CPU for the whole edge than with
 * undici (docs/adr/0006). What a target has over TLS goes to the fallback.
 */
export class DirectForwarder implements Forwarder {
  readonly carriesWhole = true;
  readonly #fallback: Forwarder;
  readonly #deadlines: Deadlines;
  readonly #pools: ConnectionPools;

  constructor(limits: ForwardLimits, fallback: Forwarder) {
    this.#fallback = fallback;
    this.#deadlines = new Deadlines(limits);
    this.#pools = new ConnectionPools(limits);
  }

  forward(job: ForwardJob): Promise<ForwardOutcome> {
    const { endpoint } = job;
    if (!isPlain(endpoint.url)) return this.#fallback.forward(job);
    return new Promise((resolve) => new Attempt(job, this.#pools.of(endpoint), this.#deadlines, resolve).start());
  }

  pools(): PoolState[] {
    return [...this.#pools.states(), ...this.#fallback.pools()];
  }

  async close(): Promise<void> {
    this.#deadlines.close();
    this.#pools.close();
    await this.#fallback.close();
  }
}
