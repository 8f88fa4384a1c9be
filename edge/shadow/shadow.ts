import type { LookupFunction } from 'node:net';
import { messageOf, type Clock, type Log } from '../../shared/index.ts';
import type { ForwardOutcome } from '../forward/forwarder.ts';
import type { Watermarks } from '../markers/watermarks.ts';
import type { Answer } from './compare/answer.ts';
import type { Mirrored } from './mirrored.ts';
import { Asker, type AskLimits } from './mirror/asker.ts';
import { Heads } from './mirror/heads.ts';
import type { MemoryAccount } from './mirror/memory-account.ts';
import { Parking } from './mirror/parking.ts';
import { Recorder } from './mirror/recorder.ts';
import { defaultSampling } from './mirror/sampling.ts';
import { Trial, type TrialParts } from './mirror/trial.ts';
import { Turns } from './mirror/turns.ts';
import { RouteComparers } from './run/route-comparers.ts';
import type { ComparisonOptions, KeptFields } from './rules/rule.ts';
import type { LedgerReport, SkipReason } from './run/report.ts';
import type { Outcome } from './run/route-ledger.ts';
import { Run, UNORDERED, type ShadowOrder } from './run/run.ts';

export interface ShadowLimits extends AskLimits {
  /** That copies of answers may hold, of all units together. */
  readonly memoryBytes: number;
  /** How long a difference may wait for the copy to catch up. */
  readonly settleMs: number;
  /** How many may wait at a time. */
  readonly parked: number;
  /** Of one turn of comparing; a user's request waits for no more than this and one comparison. */
  readonly turnMs: number;
}

/** What is counted since the start, whatever run it belonged to. */
export interface ShadowCounts {
  readonly samples: number;
  readonly matches: number;
  readonly mismatches: number;
  /** Differences that went away once the copy had caught up. */
  readonly lagOnly: number;
  /** Kept changing while being asked again. */
  readonly unsettled: number;
  /** The same subject asked the same again, and was answered the same. */
  readonly repeated: number;
  readonly skipped: number;
  /** Waiting for the copy now. */
  readonly parked: number;
}

export interface ShadowOptions {
  readonly unit: string;
  readonly watermarks: Watermarks;
  readonly limits: ShadowLimits;
  readonly memory: MemoryAccount;
  /** Keys what is kept of values, subjects and questions. */
  readonly key: string;
  /** Seals values that the plan has kept. */
  readonly valuesKey: Buffer | undefined;
  readonly lookup: LookupFunction | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly count: (result: string) => void;
}

type Counted = Exclude<keyof ShadowCounts, 'samples' | 'parked'>;

const COUNTED = {
  match: 'matches',
  mismatch: 'mismatches',
  'lag-only': 'lagOnly',
  unsettled: 'unsettled',
  repeated: 'repeated',
} as const satisfies Record<Outcome, Counted>;

const HOUR_MS = 3_600_000;

/**
 * Mirrors reads to the candidate after the control's answer was given, and compares (invariant 6: off the request path,
 * bounded in memory, connections and time; what does not fit is dropped and counted).
 */
export class Shadow {
  readonly #options: ShadowOptions;
  readonly #asker: Asker;
  readonly #parking: Parking;
  readonly #parts: Omit<TrialParts, 'isCandidateFirst'>;
  readonly #comparers = new RouteComparers();
  readonly #counts = { samples: 0, matches: 0, mismatches: 0, lagOnly: 0, unsettled: 0, repeated: 0, skipped: 0 };
  #run: Run;
  #keep: KeptFields | undefined;
  #isOn = true;
  #isClosed = false;
  #running = 0;

  constructor(options: ShadowOptions) {
    this.#options = options;
    const { unit, watermarks, limits, lookup, clock } = options;
    this.#asker = new Asker({ limits, lookup });
    this.#parking = new Parking(clock, limits.parked);
    this.#parts = {
      asker: this.#asker,
      heads: new Heads(() => watermarks.head(unit, 'legacy')),
      isApplied: (at) => watermarks.isApplied(unit, { writtenOn: 'legacy', at }),
      parking: this.#parking,
      settleMs: limits.settleMs,
      turns: new Turns(limits.turnMs),
      aside: (waiting) => this.#aside(waiting),
    };
    this.#run = new Run({ run: UNORDERED, sampling: defaultSampling }, options.key);
  }

  /** The run that control has ordered and that goes on. */
  get ordered(): string | undefined {
    return this.#isOn && this.#run.name !== UNORDERED ? this.#run.name : undefined;
  }

  /** Begins a run, goes on with it, or with nothing ends it; what it has counted is kept until the next one begins. */
  order(order: ShadowOrder | undefined): void {
    this.#isOn = order !== undefined;
    if (order && order.run !== this.#run.name) this.#run = this.#begin(order);
  }

  /** What counts as a difference from now on. */
  compareBy(options: ComparisonOptions): void {
    this.#comparers.use(options);
    this.#keep = options.keep;
  }

  /** A tap for the control's answer, or nothing when the read is not chosen or there is no room for one more. */
  open(route: string, subject: string): Recorder | undefined {
    if (!this.#isOn || !this.#run.sampler.takes(route, subject, performance.now())) return undefined;
    const { limits, memory } = this.#options;
    if (this.#running >= limits.concurrency) return this.#skip('busy');
    if (!this.#asker.breaker.admits(performance.now())) return this.#skip('broken');
    return new Recorder(limits.maxBytes, memory.lease());
  }

  /** Takes over a read whose answer has been given. Returns at once and never throws. */
  offer(read: Mirrored, recorder: Recorder): void {
    const control = recorder.answer();
    const isBusy = this.#running >= this.#options.limits.concurrency;
    if (control && !isBusy) return void this.#try(read, control, recorder);
    recorder.release();
    this.#skip(control ? 'busy' : 'no-memory-or-too-large');
  }

  /** Asks the candidate for a copy of a read, to see whether it answers at all. Undefined when there is no room. */
  probe(read: Mirrored): Promise<ForwardOutcome> | undefined {
    if (this.#running >= this.#options.limits.concurrency) return undefined;
    this.#running++;
    const lease = this.#options.memory.lease();
    return this.#asker.probe(read, lease).finally(() => {
      lease.release();
      this.#running--;
    });
  }

  counts(): ShadowCounts {
    return { ...this.#counts, parked: this.#parking.size };
  }

  /** Undefined when it has not changed since that revision of this run. */
  ledger(since?: Pick<LedgerReport, 'run' | 'revision'>): LedgerReport | undefined {
    const run = this.#run;
    return since?.run === run.name && since.revision === run.revision ? undefined : run.report();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#parking.close();
    await this.#asker.close();
  }

  #begin(order: ShadowOrder): Run {
    const { key, valuesKey } = this.#options;
    if (!this.#keep || !valuesKey) return new Run(order, key);
    const { paths, hours } = this.#keep;
    return new Run(order, key, { paths: new Set(paths), key: valuesKey, lifeMs: hours * HOUR_MS });
  }

  async #try(read: Mirrored, control: Answer, { lease }: Recorder): Promise<void> {
    this.#running++;
    const run = this.#run;
    const { sampler } = run;
    const comparer = this.#comparers.of(read.route, this.#options.clock.now());
    const parts = { ...this.#parts, isCandidateFirst: () => sampler.isCandidateFirst() };
    try {
      const trial = new Trial(parts, { read, control, comparer, lease, isPaired: sampler.isPaired() });
      const result = await trial.run();
      // What broke off with this edge says nothing of the candidate.
      if (!this.#isClosed) this.#note(run.add({ read, control, result, atMs: this.#options.clock.now() }));
    } catch (error) {
      this.#skip('fault');
      this.#options.log.error({ unit: this.#options.unit, problem: messageOf(error) }, 'a mirrored read was lost');
    } finally {
      lease.release();
      this.#running--;
    }
  }

  #note(outcome: Outcome | undefined): void {
    if (outcome === 'match' || outcome === 'mismatch') this.#counts.samples++;
    if (outcome) this.#count(COUNTED[outcome]);
  }

  async #aside<T>(waiting: () => Promise<T>): Promise<T> {
    this.#running--;
    try {
      return await waiting();
    } finally {
      this.#running++;
    }
  }

  #skip(reason: SkipReason): undefined {
    this.#run.skip(reason);
    this.#count('skipped');
  }

  #count(result: Counted): void {
    this.#counts[result]++;
    this.#options.count(result);
  }
}
