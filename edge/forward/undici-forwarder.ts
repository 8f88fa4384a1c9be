import type { Readable } from 'node:stream';
import { Pool } from 'undici';
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
import { BodyStream, collect, isSmallBody, uploadOf, wholeBodyOf } from './request-body.ts';
import { undiciOrigin } from '../targets/unix-socket.ts';
import { UndiciHandler } from './undici-handler.ts';

/** The connections to one target and how many requests use or wait for them. */
interface TargetPool {
  readonly target: string;
  readonly pool: Pool;
  inFlight: number;
}

const BUSY: ForwardOutcome = { kind: 'failed', failure: 'busy', sent: false };

/** Carries ordinary HTTP on undici's pools: one pool per target, so that a slow one cannot starve the others. */
export class UndiciForwarder implements Forwarder {
  readonly carriesWhole = true;
  readonly #limits: ForwardLimits;
  readonly #pools = new Map<string, TargetPool>();
  readonly #deadlines: Deadlines;

  constructor(limits: ForwardLimits) {
    this.#limits = limits;
    this.#deadlines = new Deadlines(limits);
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

  /**
   * A connection may die at the moment it is used again; nobody is to blame. A request that may be repeated and had no
   * byte of an answer is sent once more, on a connection of its own. Nothing else is ever sent twice (invariant 9).
   */
  async #send(entry: TargetPool, job: ForwardJob): Promise<ForwardOutcome> {
    const outcome = await this.#exchange(entry.pool, job);
    if (outcome.kind !== 'failed' || outcome.failure !== 'reset') return outcome;
    if (job.bodyBytes !== 0 || !SAFE_METHODS.has(job.method)) return outcome;
    job.retries++;
    const fresh = this.#open(job.endpoint.url, 1);
    try {
      return await this.#exchange(fresh, job);
    } finally {
      void fresh.destroy();
    }
  }

  #exchange(pool: Pool, job: ForwardJob): Promise<ForwardOutcome> {
    return new Promise((resolve) => {
      const exchange = new Exchange(job, this.#deadlines, resolve);
      exchange.upload = uploadOf(job);
      if (!exchange.begin()) return;
      exchange.giveLeave(); // It has no way to ask the target for it.
      const { upload } = exchange;
      if (!upload) this.#dispatch(pool, exchange, wholeBodyOf(job) ?? null);
      else if (!isSmallBody(job.bodyBytes)) this.#dispatch(pool, exchange, new BodyStream(upload, undefined));
      else void collect(job, upload).then((body) => this.#dispatch(pool, exchange, body));
    });
  }

  #dispatch(pool: Pool, exchange: Exchange, body: Buffer | Readable | null): void {
    const { path, method, isDoubtful } = exchange.job;
    const headers = [...exchange.job.headers.list];
    if (exchange.isDone) return;
    try {
      pool.dispatch({ method, path, headers, body, ...(isDoubtful && { reset: true }) }, new UndiciHandler(exchange));
    } catch {
      exchange.fail('malformed');
    }
  }

  #poolOf({ name, url }: Endpoint): TargetPool {
    const known = this.#pools.get(url);
    if (known) return known;
    this.#dropIdle();
    const entry = { target: name, pool: this.#open(url, this.#limits.connections), inFlight: 0 };
    this.#pools.set(url, entry);
    return entry;
  }

  /** Endpoints come and go: when one comes, the pools of those that are gone go. */
  #dropIdle(): void {
    for (const [url, { pool, inFlight }] of this.#pools) {
      if (inFlight > 0 || pool.stats.connected > 0) continue;
      this.#pools.delete(url);
      void pool.destroy();
    }
  }

  #open(url: string, connections: number): Pool {
    const { connectMs, lookup } = this.#limits;
    const { origin, connect } = undiciOrigin(url);
    return new Pool(origin, {
      connections,
      pipelining: 1,
      // Below the five seconds after which most servers close an idle connection.
      keepAliveTimeout: 4000,
      keepAliveMaxTimeout: 60_000,
      connect: { ...connect, timeout: connectMs, ...(lookup && { lookup }) },
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: this.#limits.maxAnswerHeadBytes,
      allowH2: false,
    });
  }
}
