import type { LookupFunction } from 'node:net';
import { messageOf, waitUntil, type Clock, type Log } from '../../shared/index.ts';
import type { Watermarks } from '../markers/watermarks.ts';
import type { MemoryAccount } from '../shadow/mirror/memory-account.ts';
import { Recorder } from '../shadow/mirror/recorder.ts';
import type { ShadowLimits } from '../shadow/shadow.ts';
import type { RewindRow, ShadowAnswer } from './contract.ts';
import type { EffectJudge, EffectVerdict } from './effect-judge.ts';
import { ShadowService } from './shadow-service.ts';
import type { WriteCopy } from './write-copy.ts';

/** Units whose shadow writes are off until an operator says otherwise. */
export interface WriteLatch {
  readonly killed: readonly string[];
  isKilled(unit: string): boolean;
  set(unit: string, killed: boolean): Promise<boolean>;
}

/**
 * What came of a copy. `accepted`, `rejected`: of a validation. `skipped`: no room, or its body was not kept. `lagging`: the
 * copy did not catch up. `unproven`: the service does not know shadows. `unacknowledged`: it may have written.
 */
export type WriteResult =
  | EffectVerdict
  | 'accepted'
  | 'rejected'
  | 'skipped'
  | 'lagging'
  | 'unproven'
  | 'refused'
  | 'unsent'
  | 'unacknowledged'
  | 'failed';

export interface ShadowWritesOptions {
  readonly unit: string;
  readonly watermarks: Watermarks;
  readonly judge: EffectJudge | undefined;
  /** The run that control has ordered; nothing is shown to anybody without one. */
  readonly run: () => string | undefined;
  readonly latch: WriteLatch | undefined;
  readonly limits: ShadowLimits;
  readonly memory: MemoryAccount;
  readonly lookup: LookupFunction | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly count: (route: string, result: WriteResult) => void;
}

/** Copies under way at a time: each holds locks in the service's database. */
const CONCURRENCY = 2;

/**
 * Shows the service writes that legacy has taken, so that they leave nothing behind (invariant 6: after the answer,
 * bounded, over connections of its own). In this order, and no step is done twice: everything up to the write is applied
 * to the copy; legacy's own transaction is found; the service has shown that it knows shadows; then it is asked. A service
 * that does not acknowledge may have written: from there on nothing is sent until an operator has looked.
 */
export class ShadowWrites {
  readonly #options: ShadowWritesOptions;
  readonly #service: ShadowService;
  readonly #stop = new AbortController();
  #running = 0;
  #isLatched = false;

  constructor(options: ShadowWritesOptions) {
    this.#options = options;
    const { timeoutMs, maxBytes } = options.limits;
    this.#service = new ShadowService({ connections: CONCURRENCY, timeoutMs, maxBytes, lookup: options.lookup });
  }

  /** True while nothing is sent because a service has not acknowledged. Without a place to keep it: until the end of the process. */
  get isLatched(): boolean {
    const { latch, unit } = this.#options;
    return latch ? latch.isKilled(unit) : this.#isLatched;
  }

  /** A tap for legacy's answer to a write; nothing when its copy would not be sent. */
  open(): Recorder | undefined {
    const hasRoom = this.#options.run() !== undefined && this.#running < CONCURRENCY && !this.isLatched;
    return hasRoom ? new Recorder(this.#options.limits.maxBytes, this.#options.memory.lease()) : undefined;
  }

  /** Takes over a write whose answer has been given. Returns at once and never throws. */
  offer(write: WriteCopy | undefined): void {
    if (!write || write.status >= 400) return;
    if (this.#running >= CONCURRENCY) return this.#options.count(write.route, 'skipped');
    this.#running++;
    void this.#takeAndCount(write);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#service.close();
  }

  async #takeAndCount(write: WriteCopy): Promise<void> {
    const { unit, log, count } = this.#options;
    try {
      count(write.route, await this.#take(write));
    } catch (error) {
      count(write.route, 'failed');
      log.warn({ unit, problem: messageOf(error) }, 'a shadow write failed');
    } finally {
      this.#running--;
    }
  }

  async #take(write: WriteCopy): Promise<WriteResult> {
    if (!(await this.#isApplied())) return 'lagging';
    if (write.mode === 'validate')
      return this.#send(write, [], ({ status }) => (status < 400 ? 'accepted' : 'rejected'));
    const { judge, unit } = this.#options;
    const run = this.#options.run();
    if (!judge || run === undefined) return 'skipped';
    const { route, id, startedAt, status } = write;
    const ageMs = performance.now() - startedAt;
    const prepared = await judge.prepare({ unit, run, route, ageMs, ...(id !== undefined && { id }) });
    if (prepared.kind !== 'found') return prepared.kind;
    const { ticket, rewind } = prepared;
    return this.#send(write, rewind, (candidate) => {
      const { status: said, effects = NOTHING } = candidate;
      return judge.judge({ unit, route, ticket, control: { status }, candidate: { status: said, effects } });
    });
  }

  async #send(
    write: WriteCopy,
    rewind: readonly RewindRow[],
    conclude: (answer: ShadowAnswer) => WriteResult | Promise<WriteResult>,
  ): Promise<WriteResult> {
    const { url } = write.candidate.pick();
    if (!(await this.#service.isProven(url, this.#stop.signal))) return 'unproven';
    if (this.isLatched || this.#stop.signal.aborted) return 'skipped';
    const rehearsal = await this.#service.rehearse(url, write, rewind, this.#stop.signal);
    if (rehearsal.kind === 'unacknowledged') this.#latch(write.route);
    return rehearsal.kind === 'rehearsed' ? conclude(rehearsal.answer) : rehearsal.kind;
  }

  /** True when the service's copy holds everything up to now, the write included. */
  async #isApplied(): Promise<boolean> {
    const { unit, watermarks, limits, clock } = this.#options;
    const at = await watermarks.head(unit, 'legacy');
    const isApplied = (): boolean => watermarks.isApplied(unit, { writtenOn: 'legacy', at });
    return waitUntil(isApplied, { clock, budgetMs: limits.settleMs, everyMs: 10, signal: this.#stop.signal });
  }

  #latch(route: string): void {
    if (this.#stop.signal.aborted) return; // It was this edge that broke off.
    const { unit, latch, log } = this.#options;
    this.#isLatched = true;
    log.error({ unit, route }, 'a shadow write was not acknowledged: it may have been done; no more are sent');
    void latch?.set(unit, true);
  }
}

const NOTHING = { rows: [], calls: [], unseen: [], refused: [] };
