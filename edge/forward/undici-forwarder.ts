import type { Readable } from 'node:stream';
import { Pool } from 'undici';
import { isWhole } from '../client.ts';
import { Deadlines } from './deadlines.ts';
import { Exchange } from './exchange.ts';
import {
  SAFE_METHODS,
  type Endpoint,
  type ForwardJob,
  type Forwarder,
  type ForwardLimits,
  type ForwardOutcome,
  type PoolState,
} from './forwarder.ts';
import { UndiciHandler } from './undici-handler.ts';
import { isSmallBody, readSmallBody, streamBody } from './request-body.ts';

/** The connections to one target and how many requests use or wait for them. */
interface TargetPool {
  readonly target: string;
  readonly pool: Pool;
  inFlight: number;
}

const GONE: ForwardOutcome = { kind: 'client-gone' };
const BUSY: ForwardOutcome = { kind: 'failed', failure: 'busy', sent: false };

/** Carries ordinary HTTP on undici's pools: one pool per target, so that a slow one cannot starve the others. */
export class UndiciForwarder implements Forwarder {
  readonly carriesWhole = true;
  readonly #limits: ForwardLimits;
  readonly #pools = new Map<string, TargetPool>();
  readonly #deadlines: Deadlines;

  constructor(limits: ForwardLimits) {
    this.#limits = limits;
    this.#deadlines = new Deadlines(limits.firstByteMs, limits.totalMs);
  }

  async forward(job: ForwardJob): Promise<ForwardOutcome> {
    const entry = this.#poolOf(job.endpoint);
    if (entry.inFlight >= this.#limits.connections + this.#limits.queue) return BUSY;
    entry.inFlight++;
    try {
      return await this.#send(entry, job);
    } finally {
      entry.inFlight--;
    }
  }

  pools(): PoolState[] {
    return [...this.#pools.values()].map(({ target, pool: { stats } }) => {
      return { target, busy: stats.connected - stats.free, free: stats.free, waiting: stats.queued };
    });
  }

  async close(): Promise<void> {
    this.#deadlines.close();
    await Promise.all([...this.#pools.values()].map(({ pool }) => pool.destroy()));
  }

  async #send(entry: TargetPool, job: ForwardJob): Promise<ForwardOutcome> {
    if (job.bodyBytes === 0) return this.#sendBodiless(entry, job);
    if (!isSmallBody(job.bodyBytes) && !isWhole(job.request))
      return this.#exchange(entry.pool, job, streamBody(job.request, job));
    const body = await readSmallBody(job.request);
    return body === undefined ? GONE : this.#exchange(entry.pool, job, body);
  }

  /**
   * A connection may die at the moment it is used again; nobody is to blame. A request that may be repeated and had no
   * byte of an answer is sent once more, on a connection of its own. Nothing else is ever sent twice (invariant 9).
   */
  async #sendBodiless(entry: TargetPool, job: ForwardJob): Promise<ForwardOutcome> {
    const outcome = await this.#exchange(entry.pool, job, null);
    if (outcome.kind !== 'failed' || outcome.failure !== 'reset' || !SAFE_METHODS.has(job.method)) return outcome;
    job.retries++;
    const fresh = this.#open(job.endpoint.url, 1);
    try {
      return await this.#exchange(fresh, job, null);
    } finally {
      void fresh.destroy();
    }
  }

  #exchange(pool: Pool, job: ForwardJob, body: Buffer | Readable | null): Promise<ForwardOutcome> {
    return new Promise((resolve) => {
      const exchange = new Exchange(job, this.#deadlines, resolve);
      if (!exchange.begin()) return;
      const { method, path } = job;
      const headers = [...job.headers.list];
      try {
        pool.dispatch({ method, path, headers, body }, new UndiciHandler(exchange));
      } catch {
        exchange.fail('malformed');
      }
    });
  }

  #poolOf({ name, url }: Endpoint): TargetPool {
    const known = this.#pools.get(url);
    if (known) return known;
    const entry = { target: name, pool: this.#open(url, this.#limits.connections), inFlight: 0 };
    this.#pools.set(url, entry);
    return entry;
  }

  #open(url: string, connections: number): Pool {
    const { connectMs, lookup } = this.#limits;
    return new Pool(new URL(url).origin, {
      connections,
      pipelining: 1,
      // Below the five seconds after which most servers close an idle connection.
      keepAliveTimeout: 4000,
      keepAliveMaxTimeout: 60_000,
      connect: { timeout: connectMs, ...(lookup && { lookup }) },
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
    });
  }
}
