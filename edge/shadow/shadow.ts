import type { LookupFunction } from 'node:net';
import { Pool } from 'undici';
import { messageOf, waitUntil, type Clock, type Log } from '../../shared/index.ts';
import { AnswerComparer } from './compare/answer-comparer.ts';
import type { Answer } from './compare/answer.ts';
import { isMismatch, type Difference } from './compare/difference.ts';
import { judgeAsking, steadyDifferences, type Asking, type Judgement } from './verdict/judge-asking.ts';
import { ValueKeeper, type KeptDifference } from './keep/value-keeper.ts';
import type { Tap } from '../forward/forwarder.ts';
import type { Watermarks } from '../markers/watermarks.ts';
import type { Mirrored } from './mirrored.ts';
import type { Target } from '../targets/target.ts';
import { undiciOrigin } from '../targets/unix-socket.ts';
import { IDENTITY_HEADER } from '../identify/identity-token.ts';

export interface ShadowLimits {
  /** Comparisons at a time; one more is skipped. */
  readonly concurrency: number;
  /** Bytes of an answer that are kept; a bigger one is skipped. */
  readonly maxBytes: number;
  readonly timeoutMs: number;
  /** How long a difference may wait for the copy to catch up. */
  readonly settleMs: number;
}

export interface ShadowExample {
  readonly route: string;
  readonly differences: readonly KeptDifference[];
}

export interface ShadowReport {
  readonly samples: number;
  readonly matches: number;
  readonly mismatches: number;
  /** Differences that went away once the copy had caught up. */
  readonly lagOnly: number;
  /** Kept changing while being asked again. */
  readonly unsettled: number;
  readonly failed: number;
  readonly skipped: number;
  readonly examples: readonly ShadowExample[];
}

export interface ShadowOptions {
  readonly unit: string;
  readonly watermarks: Watermarks;
  readonly limits: ShadowLimits;
  readonly lookup: LookupFunction | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly count: (result: string) => void;
}

const SHADOW_HEADER = 'x-banyan-shadow';
const TRIES = 3;
const EXAMPLES = 20;
const NOT_MIRRORED = new Set(['accept-encoding', 'range', 'if-none-match', 'if-modified-since', 'content-length']);

/**
 * Mirrors reads to the candidate after the control's answer was given, and compares (invariant 6: off the request
 * path, bounded, own connections). A difference that rows can explain counts only when it is still there with both sides
 * asked afresh at a position the candidate has applied, and the control answering the same before and after.
 */
export class Shadow {
  readonly #options: ShadowOptions;
  readonly #pools = new Map<string, Pool>();
  readonly #stop = new AbortController();
  readonly #counts = { samples: 0, matches: 0, mismatches: 0, lagOnly: 0, unsettled: 0, failed: 0, skipped: 0 };
  readonly #examples: ShadowExample[] = [];
  readonly #comparer = new AnswerComparer();
  readonly #keeper = new ValueKeeper();
  #running = 0;

  constructor(options: ShadowOptions) {
    this.#options = options;
  }

  /** A tap for the control's answer, or nothing when there is no room for one more comparison. */
  open(): Recorder | undefined {
    if (this.#running < this.#options.limits.concurrency) return new Recorder(this.#options.limits.maxBytes);
    this.#note('skipped');
    return undefined;
  }

  /** Takes over a read whose answer has been given. Returns at once and never throws. */
  offer(read: Mirrored, recorder: Recorder): void {
    const control = recorder.answer();
    if (!control || this.#running >= this.#options.limits.concurrency) return this.#note('skipped');
    this.#running++;
    this.#judge(read, control)
      .catch((error: unknown) => {
        this.#note('failed');
        this.#options.log.debug({ unit: this.#options.unit, problem: messageOf(error) }, 'candidate gave no answer');
      })
      .finally(() => this.#running--);
  }

  /** Asks the candidate for a copy of a read, to see whether it answers at all. Undefined when there is no room. */
  probe(read: Mirrored): Promise<number> | undefined {
    if (this.#running >= this.#options.limits.concurrency) return undefined;
    this.#running++;
    return this.#ask(read.candidate, read)
      .then(({ status }) => status)
      .finally(() => this.#running--);
  }

  report(): ShadowReport {
    return { ...this.#counts, examples: [...this.#examples] };
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  async #judge(read: Mirrored, control: Answer): Promise<void> {
    const candidate = this.#comparer.compare(control, await this.#ask(read.candidate, read));
    this.#counts.samples++;
    let asking: Asking = { candidate, control: undefined, isApplied: false, hasMoved: true };
    let judgement = judgeAsking(asking, 0, TRIES);
    for (let number = 1; judgement.kind === 'park'; number++) {
      asking = (await this.#askAgain(read)) ?? asking;
      judgement = judgeAsking(asking, number, TRIES);
    }
    this.#conclude(judgement, asking, read.route);
  }

  /** Both sides asked afresh, control before and after; undefined when the copy does not catch up. */
  async #askAgain(read: Mirrored): Promise<Asking | undefined> {
    const { unit, watermarks, limits, clock } = this.#options;
    const before = await this.#ask(read.control, read);
    const at = await watermarks.head(unit, 'legacy');
    const isApplied = (): boolean => watermarks.isApplied(unit, { writtenOn: 'legacy', at });
    const wait = { clock, budgetMs: limits.settleMs, everyMs: 10, signal: this.#stop.signal };
    if (!(await waitUntil(isApplied, wait))) return undefined;
    const candidate = await this.#ask(read.candidate, read);
    const after = await this.#ask(read.control, read);
    const [differences, control] = [this.#comparer.compare(before, candidate), this.#comparer.compare(before, after)];
    return { candidate: differences, control, isApplied: true, hasMoved: true };
  }

  #conclude({ kind }: Judgement, asking: Asking, route: string): void {
    if (kind === 'lag-only') return this.#note('lagOnly');
    if (!isMismatch(asking.candidate)) return this.#note('matches');
    const differences = steadyDifferences(asking);
    if (kind === 'unsettled' || differences.length === 0) return this.#note('unsettled');
    this.#keep(route, differences);
    this.#note('mismatches');
  }

  #keep(route: string, differences: readonly Difference[]): void {
    if (this.#examples.length >= EXAMPLES) return;
    const nowMs = this.#options.clock.now();
    this.#examples.push({ route, differences: differences.map((one) => this.#keeper.keep(one, nowMs)) });
  }

  async #ask(target: Target, read: Mirrored): Promise<Answer> {
    const { maxBytes, timeoutMs } = this.#options.limits;
    const own = target.side === 'service' ? candidateHeaders(read.identity) : [];
    const headers = [...read.headers.filter((_, i) => isMirrored(read.headers[i - (i % 2)])), ...own];
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(timeoutMs)]);
    const answer = await this.#poolOf(target.pick().url).request({
      method: read.method,
      path: read.path,
      headers,
      signal,
      responseHeaders: 'raw',
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      if ((size += chunk.length) > maxBytes) throw new RangeError('answer too large to compare');
      chunks.push(chunk);
    }
    return { status: answer.statusCode, headers: rawHeaders(answer.headers), body: Buffer.concat(chunks) };
  }

  #poolOf(url: string): Pool {
    const { lookup, limits } = this.#options;
    const { concurrency: connections } = limits;
    const known = this.#pools.get(url);
    if (known) return known;
    const { origin, connect: place } = undiciOrigin(url);
    const connect = { ...place, timeout: 2000, ...(lookup && { lookup }) };
    const pool = new Pool(origin, { connections, pipelining: 1, connect });
    this.#pools.set(url, pool);
    return pool;
  }

  #note(result: Exclude<keyof ShadowReport, 'examples' | 'samples'>): void {
    this.#counts[result]++;
    this.#options.count(result);
  }
}

/** Keeps a copy of an answer going by, up to a size. */
export class Recorder implements Tap {
  readonly #limit: number;
  #status = 0;
  #headers: readonly string[] = [];
  #chunks: Buffer[] | undefined = [];
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  head(status: number, headers: readonly string[]): void {
    this.#status = status;
    this.#headers = headers;
  }

  chunk(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#limit) this.#chunks = undefined;
    this.#chunks?.push(chunk);
  }

  /** The whole answer, or nothing when it was too big. */
  answer(): Answer | undefined {
    return this.#chunks && { status: this.#status, headers: this.#headers, body: Buffer.concat(this.#chunks) };
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
