import type { LookupFunction } from 'node:net';
import { Pool } from 'undici';
import { ConnectionPools, isPlain } from '../../forward/connection-pools.ts';
import { Deadlines } from '../../forward/deadlines.ts';
import { UndiciHandler } from '../../forward/undici-handler.ts';
import type { TargetEndpoint } from '../../targets/target-endpoint.ts';
import { undiciOrigin } from '../../targets/unix-socket.ts';
import { Question, type QuestionParts } from './question.ts';

export interface LineLimits {
  /** Connections to one address, and so questions to it at a time. */
  readonly concurrency: number;
  /** For the whole answer. */
  readonly timeoutMs: number;
}

const CONNECT_MS = 2_000;
const HEAD_BYTES = 65_536;

/** The connections that questions go over: the edge's own client over plain HTTP/1.1, a general one over TLS. */
export class Lines {
  readonly #pools: ConnectionPools;
  readonly #overTls = new Map<string, Pool>();
  readonly #deadlines: Deadlines;
  readonly #limits: LineLimits;
  readonly #lookup: LookupFunction | undefined;

  constructor(limits: LineLimits, lookup: LookupFunction | undefined) {
    this.#limits = limits;
    this.#lookup = lookup;
    const { concurrency: connections, timeoutMs } = limits;
    const place = { connectMs: CONNECT_MS, maxAnswerHeadBytes: HEAD_BYTES, ...(lookup && { lookup }) };
    // How many wait is bounded by who asks.
    this.#pools = new ConnectionPools({ ...place, connections, queue: Number.POSITIVE_INFINITY });
    const never = { bodyGraceMs: timeoutMs, minBodyBytesPerS: 0 };
    this.#deadlines = new Deadlines({ firstByteMs: timeoutMs, totalMs: timeoutMs, ...never });
  }

  ask(endpoint: TargetEndpoint, parts: Omit<QuestionParts, 'deadlines'>): void {
    const question = new Question({ ...parts, deadlines: this.#deadlines });
    if (isPlain(endpoint.url)) return question.askOver(this.#pools.of(endpoint));
    question.begin();
    const { method, path, headers } = parts;
    const handler = new UndiciHandler(question);
    this.#poolOf(endpoint.url).dispatch({ method, path, headers: [...headers.list] }, handler);
  }

  async close(): Promise<void> {
    this.#deadlines.close();
    this.#pools.close();
    await Promise.all([...this.#overTls.values()].map((pool) => pool.destroy()));
  }

  #poolOf(url: string): Pool {
    const known = this.#overTls.get(url);
    if (known) return known;
    const lookup = this.#lookup;
    const { origin, connect: place } = undiciOrigin(url);
    const connect = { ...place, timeout: CONNECT_MS, ...(lookup && { lookup }) };
    const pool = new Pool(origin, { connections: this.#limits.concurrency, pipelining: 1, connect });
    this.#overTls.set(url, pool);
    return pool;
  }
}
