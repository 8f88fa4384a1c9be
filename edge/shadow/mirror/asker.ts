import type { LookupFunction } from 'node:net';
import { Pool } from 'undici';
import { Breaker } from '../../breaker/breaker.ts';
import { failureOf } from '../../forward/undici-handler.ts';
import { IDENTITY_HEADER } from '../../identify/identity-token.ts';
import { callResult, type CallResult } from '../../targets/call-result.ts';
import type { Target } from '../../targets/target.ts';
import { undiciOrigin } from '../../targets/unix-socket.ts';
import type { Answer } from '../compare/answer.ts';
import type { Mirrored } from '../mirrored.ts';
import { Deadlines } from './deadlines.ts';
import type { Lease } from './memory-account.ts';

export interface AskLimits {
  /** Connections to one address, and so questions to it at a time. */
  readonly concurrency: number;
  /** Bytes of an answer. */
  readonly maxBytes: number;
  /** For the whole answer. */
  readonly timeoutMs: number;
}

/** Why there is no answer to compare: each is a difference of its own class. */
export type NoAnswer = 'timeout' | 'unanswered' | 'too-large';

/** What a side answered, and how long it took to begin. */
export interface Asked {
  readonly answer: Answer | NoAnswer;
  readonly headMs: number;
}

export interface AskerParts {
  readonly limits: AskLimits;
  readonly lookup: LookupFunction | undefined;
  readonly random?: () => number;
}

const SHADOW_HEADER = 'x-banyan-shadow';
const CONNECT_MS = 2_000;
/** Another answer would come of each of them, not a better or worse one. */
const NOT_MIRRORED = new Set(['accept-encoding', 'range', 'if-none-match', 'if-modified-since', 'content-length']);

/**
 * Asks either side a mirrored read again: over connections of its own, within a deadline, and not at all while the
 * candidate keeps failing (invariant 6).
 */
export class Asker {
  readonly breaker: Breaker;
  readonly #parts: AskerParts;
  readonly #pools = new Map<string, Pool>();
  readonly #deadlines: Deadlines;
  readonly #reach = { connectFailures: 0 };

  constructor(parts: AskerParts) {
    this.#parts = parts;
    this.#deadlines = new Deadlines(parts.limits.timeoutMs);
    const random = parts.random ?? Math.random;
    this.breaker = new Breaker({ target: this.#reach, limits: { slowMs: Number.POSITIVE_INFINITY }, random });
  }

  /** Asks the candidate; its breaker takes notice. Never rejects. */
  async askCandidate(read: Mirrored, lease: Lease): Promise<Asked> {
    const startedAt = performance.now();
    const pass = this.breaker.begin(startedAt);
    const { result, ...asked } = await this.#ask(read.candidate, read, lease);
    this.#reach.connectFailures = result === 'unreachable' ? this.#reach.connectFailures + 1 : 0;
    this.breaker.end(pass, result, asked.headMs, performance.now());
    return asked;
  }

  /** Never rejects. */
  async askControl(read: Mirrored, lease: Lease): Promise<Asked> {
    const { result: _, ...asked } = await this.#ask(read.control, read, lease);
    return asked;
  }

  /** The status the candidate answers with. Rejects when it gives no answer. */
  async probe(read: Mirrored): Promise<number> {
    const deadline = this.#deadlines.begin();
    try {
      const asked = await this.#request(read.candidate, read, deadline.signal);
      await asked.body.dump();
      return asked.statusCode;
    } finally {
      deadline.end();
    }
  }

  async close(): Promise<void> {
    this.#deadlines.stop();
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  async #ask(target: Target, read: Mirrored, lease: Lease): Promise<Asked & { readonly result: CallResult }> {
    const startedAt = performance.now();
    const deadline = this.#deadlines.begin();
    let headMs = Number.NaN;
    try {
      const asked = await this.#request(target, read, deadline.signal);
      headMs = performance.now() - startedAt;
      const body = await this.#read(asked.body as AsyncIterable<Buffer>, lease);
      const result = callResult({ kind: 'answered', status: asked.statusCode }, true);
      if (!body) return { answer: 'too-large', headMs, result };
      return { answer: { status: asked.statusCode, headers: rawHeaders(asked.headers), body }, headMs, result };
    } catch (error) {
      const result = error instanceof Error && failureOf(error) === 'refused' ? 'unreachable' : 'failed';
      if (Number.isNaN(headMs)) headMs = performance.now() - startedAt;
      return { answer: deadline.isOver ? 'timeout' : 'unanswered', headMs, result };
    } finally {
      deadline.end();
    }
  }

  #request(target: Target, read: Mirrored, signal: AbortSignal): ReturnType<Pool['request']> {
    const own = target.side === 'service' ? candidateHeaders(read.identity) : [];
    const headers = [...read.headers.filter((_, i) => isMirrored(read.headers[i - (i % 2)])), ...own];
    const { method, path } = read;
    return this.#poolOf(target.pick().url).request({ method, path, headers, signal, responseHeaders: 'raw' });
  }

  /** Undefined when it is larger than may be kept; the rest of it is not read. */
  async #read(body: AsyncIterable<Buffer>, lease: Lease): Promise<Buffer | undefined> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body) {
      size += chunk.length;
      if (size > this.#parts.limits.maxBytes || !lease.take(chunk.length)) return undefined;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  #poolOf(url: string): Pool {
    const known = this.#pools.get(url);
    if (known) return known;
    const { lookup, limits } = this.#parts;
    const { origin, connect: place } = undiciOrigin(url);
    const connect = { ...place, timeout: CONNECT_MS, ...(lookup && { lookup }) };
    const pool = new Pool(origin, { connections: limits.concurrency, pipelining: 1, connect });
    this.#pools.set(url, pool);
    return pool;
  }
}

function candidateHeaders(identity: string | undefined): string[] {
  return identity === undefined ? [SHADOW_HEADER, '1'] : [IDENTITY_HEADER, identity, SHADOW_HEADER, '1'];
}

/** Flat, as asked for by `responseHeaders`, which undici's types do not know of. */
function rawHeaders(headers: unknown): string[] {
  return Array.isArray(headers) ? headers.map(String) : [];
}

function isMirrored(name: string | undefined): boolean {
  return name !== undefined && !NOT_MIRRORED.has(name.toLowerCase());
}
