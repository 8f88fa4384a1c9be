import { isWhole } from '../client.ts';
import { ConnectionPool, type Waiter } from './connection-pool.ts';
import type { Connection } from './connection.ts';
import { Deadlines } from './deadlines.ts';
import { Exchange } from './exchange.ts';
import {
  SAFE_METHODS,
  type Endpoint,
  type FailureKind,
  type ForwardJob,
  type Forwarder,
  type ForwardLimits,
  type ForwardOutcome,
  type PoolState,
} from './forwarder.ts';
import { isSmallBody, readSmallBody } from './request-body.ts';

const GONE: ForwardOutcome = { kind: 'client-gone' };

/**
 * Carries the common case, a request with a small body or none over plain HTTP/1.1, on connections of its own: a quarter
 * less CPU for the whole edge than with undici (docs/adr/0006). Everything else goes to the fallback.
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
    this.#deadlines = new Deadlines(limits.firstByteMs, limits.totalMs);
    this.#sweeper = setInterval(() => this.#sweep(), 500);
    this.#sweeper.unref();
  }

  forward(job: ForwardJob): Promise<ForwardOutcome> {
    if (!job.endpoint.url.startsWith('http:')) return this.#fallback.forward(job);
    if (job.bodyBytes === 0) return this.#send(job, undefined);
    if (isWhole(job.request)) return this.#send(job, job.request.wholeBody);
    if (!isSmallBody(job.bodyBytes)) return this.#fallback.forward(job);
    return readSmallBody(job.request).then((body) => (body === undefined ? GONE : this.#send(job, body)));
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

  #send(job: ForwardJob, body: Buffer | undefined): Promise<ForwardOutcome> {
    return new Promise((resolve) =>
      new Attempt(job, body, this.#poolOf(job.endpoint), this.#deadlines, resolve).start(),
    );
  }

  #poolOf(endpoint: Endpoint): ConnectionPool {
    const known = this.#pools.get(endpoint.url);
    if (known) return known;
    const pool = new ConnectionPool(endpoint, this.#limits);
    this.#pools.set(endpoint.url, pool);
    return pool;
  }

  #sweep(): void {
    const now = performance.now();
    for (const pool of this.#pools.values()) pool.sweep(now);
  }
}

/** One request on its way to a connection, and once more at most. */
class Attempt extends Exchange implements Waiter {
  readonly #body: Buffer | undefined;
  readonly #pool: ConnectionPool;
  #connection: Connection | undefined;

  constructor(
    job: ForwardJob,
    body: Buffer | undefined,
    pool: ConnectionPool,
    deadlines: Deadlines,
    done: (outcome: ForwardOutcome) => void,
  ) {
    super(job, deadlines, done);
    this.#body = body;
    this.#pool = pool;
  }

  start(): void {
    if (this.begin() && !this.#pool.acquire(this)) this.fail('busy');
  }

  take(connection: Connection): void {
    this.#connection = connection;
    connection.send(this, headOf(this.job), this.#body);
  }

  protected override settled(outcome: ForwardOutcome): void {
    if (outcome.kind === 'failed' && this.#mayRepeat(outcome.failure)) this.#repeat();
    else this.done(outcome);
  }

  /**
   * A connection may die at the moment it is used again; nobody is to blame. A request that may be repeated and had no
   * byte of an answer is sent once more, on a new connection. Nothing else is ever sent twice (invariant 9).
   */
  #mayRepeat(failure: FailureKind): boolean {
    if (failure !== 'reset' || this.#body !== undefined || !SAFE_METHODS.has(this.job.method)) return false;
    return this.#connection?.wasUsed === true;
  }

  #repeat(): void {
    this.job.retries++;
    const second = new Attempt(this.job, undefined, this.#pool, this.deadlines, this.done);
    if (second.begin()) second.take(this.#pool.fresh());
  }
}

function headOf({ method, path, headers }: ForwardJob): string {
  return `${method} ${path} HTTP/1.1\r\n${headers.text}\r\n`;
}
