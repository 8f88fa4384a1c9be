import { randomInt, randomUUID } from 'node:crypto';
import {
  defaultSampling,
  mergeUses,
  ruleStandings,
  type RuleStanding,
  type Sampling,
  type ShadowOrder,
} from '../../edge/index.ts';
import { messageOf, type Clock, type Log } from '../../shared/index.ts';
import type { EffectLedger } from '../effects/effect-ledger.ts';
import { cutoverErrors } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import type { EdgeGroup } from '../unit/unit-runtime.ts';
import { digestOfRun, type RunEnd, type RunRecord, type RunTarget } from './run-record.ts';
import { RunLedgers } from './run-ledgers.ts';
import type { RunStanding } from './run-standing.ts';
import type { RunStore } from './run-store.ts';
import { sumOfRun, type RunSum } from './run-sum.ts';
import { judgeRun } from './run-verdict.ts';
import { rehearsedIn } from './write-verdict.ts';

/** How a run is to be; what is not said is as usual. */
export interface RunRequest {
  readonly name?: string | undefined;
  readonly target?: RunTarget | undefined;
  readonly sampling?: Partial<Sampling> | undefined;
  readonly who: string;
  readonly reason: string;
}

export interface RunReport extends RunStanding {
  readonly sum: RunSum;
  /** Each rule of the plan, and what it was good for. */
  readonly rules: readonly RuleStanding[];
}

export interface ShadowRunsParts {
  readonly runs: RunStore;
  readonly plans: () => readonly Plan[];
  readonly recordOf: (unit: string) => UnitRecord | undefined;
  readonly edges: Pick<EdgeGroup, 'orderRuns' | 'ledgers'>;
  /** What is known of a unit's rehearsed writes. */
  readonly effects: (unit: string) => Promise<readonly EffectLedger[]>;
  readonly clock: Clock;
  readonly log: Log;
}

interface Current {
  run: RunRecord;
  readonly ledgers: RunLedgers;
}

const LOOK_MS = 1_000;
const KEEP_EVERY = 3;
/** Looks, ten minutes. */
const FORGET_EVERY = 600;
/** Who begins the run of a unit that comes to stage shadow. */
const SELF = 'banyan';

/**
 * The runs of all units: at most one at a time each. Edges are told which, and tell what they see; the last run is what the
 * gate goes by. A unit that comes to stage shadow without one gets one. Everything is in the control database.
 */
export class ShadowRuns {
  readonly #parts: ShadowRunsParts;
  readonly #current = new Map<string, Current>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #looks = 0;

  constructor(parts: ShadowRunsParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    for (const { unit } of this.#parts.plans()) {
      const [run] = await this.#parts.runs.list(unit, 1);
      if (run) this.#current.set(unit, { run, ledgers: await this.#stored(run) });
    }
    this.#order();
    this.#timer = setInterval(() => this.#lookNext(), LOOK_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    this.#collect();
    await this.#keepAll().catch((error: unknown) => this.#complain(error));
  }

  /** Throws SHADOW_RUN_REFUSED while there is one, or nothing to compare. */
  async begin(unit: string, request: RunRequest): Promise<RunRecord> {
    const plan = this.#planOf(unit);
    const problem = this.#problemWith(unit);
    if (problem) throw cutoverErrors.error('SHADOW_RUN_REFUSED', { message: `${unit}: ${problem}` });
    const { name, target = {}, sampling: wanted, who, reason } = request;
    const sampling = { ...defaultSampling, seed: randomInt(2 ** 31), ...wanted };
    const digest = digestOfRun(plan, sampling);
    const startedAt = this.#parts.clock.now();
    const run = { unit, name: name ?? nameOf(startedAt), sampling, target, digest, who, reason, startedAt };
    const record: RunRecord = { id: randomUUID(), ...run };
    if (!(await this.#parts.runs.add(record)))
      throw cutoverErrors.error('SHADOW_RUN_REFUSED', { message: `${unit} has a run ${record.name} already` });
    this.#current.set(unit, { run: record, ledgers: new RunLedgers(record.id) });
    this.#order();
    return record;
  }

  /** Throws SHADOW_RUN_REFUSED when there is none. */
  async end(unit: string, end: RunEnd = 'stopped'): Promise<RunRecord> {
    this.#planOf(unit);
    const current = this.#current.get(unit);
    if (!current || current.run.endedAt !== undefined)
      throw cutoverErrors.error('SHADOW_RUN_REFUSED', { message: `${unit} has no run that goes on` });
    const endedAt = this.#parts.clock.now();
    this.#collect();
    await this.#collectEffects(unit);
    await this.#parts.runs.end(current.run.id, endedAt, end);
    current.run = { ...current.run, endedAt, end };
    this.#order();
    await this.#keepAll();
    return current.run;
  }

  /** Of the last run; undefined when there never was one. */
  standing(unit: string): RunStanding | undefined {
    const current = this.#current.get(unit);
    return current && this.#reportOn(current.run, current.ledgers);
  }

  list(unit: string, limit: number): Promise<RunRecord[]> {
    this.#planOf(unit);
    return this.#parts.runs.list(unit, limit);
  }

  /** The last run, or the named one. Throws SHADOW_RUN_UNKNOWN. */
  async report(unit: string, name?: string): Promise<RunReport> {
    this.#planOf(unit);
    const current = this.#current.get(unit);
    if (current && (name === undefined || current.run.name === name)) {
      this.#collect();
      await this.#collectEffects(unit);
      return this.#reportOn(current.run, current.ledgers);
    }
    const run = name === undefined ? undefined : await this.#parts.runs.named(unit, name);
    if (run) return this.#reportOn(run, await this.#stored(run));
    throw cutoverErrors.error('SHADOW_RUN_UNKNOWN', { message: `${unit} has no run${name ? ` ${name}` : ' yet'}` });
  }

  #reportOn(run: RunRecord, { answers, effects }: RunLedgers): RunReport {
    const plan = this.#planOf(run.unit);
    const sum = sumOfRun(answers.all(), effects.all());
    const isCurrent = run.digest === digestOfRun(plan, run.sampling);
    return { run, isCurrent, ...judgeRun(plan, sum), sum, rules: this.#rulesOf(plan, sum) };
  }

  #rulesOf({ comparison }: Plan, { routes }: RunSum): RuleStanding[] {
    const all = [...routes.values()];
    const samples = all.reduce((sum, { counts }) => sum + counts.samples, 0);
    const uses = all.reduce((sum, { ignored }) => mergeUses(sum, ignored), {});
    return ruleStandings(comparison?.rules ?? [], uses, { samples, nowMs: this.#parts.clock.now() });
  }

  /** One look at a time. */
  #lookNext(): void {
    this.#looking = this.#looking.then(() => this.#look());
  }

  async #look(): Promise<void> {
    try {
      this.#collect();
      if (++this.#looks % KEEP_EVERY === 0) await this.#lookAtWrites();
      if (this.#looks % FORGET_EVERY === 0) await this.#parts.runs.forgetValues(this.#parts.clock.now());
      for (const { unit } of this.#parts.plans()) await this.#lookAt(unit);
    } catch (error) {
      this.#complain(error);
    }
  }

  async #lookAt(unit: string): Promise<void> {
    const current = this.#current.get(unit);
    const isOn = current !== undefined && current.run.endedAt === undefined;
    const end = isOn ? this.#endOf(current) : undefined;
    if (end) await this.end(unit, end);
    else if (!isOn && this.#wantsOne(unit, current?.run))
      await this.begin(unit, { who: SELF, reason: 'the unit is at stage shadow' });
  }

  /** Why a run is over; undefined while it goes on. */
  #endOf({ run, ledgers }: Current): RunEnd | undefined {
    const { durationS, samples } = run.target;
    if (!this.#isMirrored(run.unit)) return 'unit-moved';
    if (run.digest !== digestOfRun(this.#planOf(run.unit), run.sampling)) return 'rules-changed';
    if (durationS !== undefined && this.#parts.clock.now() >= run.startedAt + durationS * 1000) return 'duration';
    if (samples === undefined) return undefined;
    const { routes } = this.#reportOn(run, ledgers);
    return routes.every((route) => route.samples >= samples) ? 'samples' : undefined;
  }

  /** At stage shadow something is always compared, unless somebody ended it. */
  #wantsOne(unit: string, last: RunRecord | undefined): boolean {
    if (this.#parts.recordOf(unit)?.stage.name !== 'shadow') return false;
    return last === undefined || last.end === 'unit-moved' || last.end === 'rules-changed';
  }

  /** Reads are mirrored while legacy owns the rows and the unit is on its way. */
  #isMirrored(unit: string): boolean {
    const record = this.#parts.recordOf(unit);
    return record !== undefined && record.owner === 'legacy' && record.stage.name !== 'legacy';
  }

  #problemWith(unit: string): string | undefined {
    const current = this.#current.get(unit);
    if (current && current.run.endedAt === undefined) return `run ${current.run.name} goes on; stop it first`;
    return this.#isMirrored(unit) ? undefined : 'no reads are mirrored: expected stage shadow, canary or reads';
  }

  async #stored({ id }: RunRecord): Promise<RunLedgers> {
    const { runs } = this.#parts;
    return new RunLedgers(id, await runs.ledgers(id), await runs.effects(id));
  }

  /** What an ended run’s edges say late still counts: they answered for it while it went on. */
  #collect(): void {
    for (const report of this.#parts.edges.ledgers())
      for (const { ledgers } of this.#current.values()) ledgers.answers.take(report);
  }

  async #lookAtWrites(): Promise<void> {
    for (const unit of this.#current.keys()) await this.#collectEffects(unit);
    await this.#keepAll();
  }

  /** Who compares them may be away for a while: then what it said last stands. */
  async #collectEffects(unit: string): Promise<void> {
    if (rehearsedIn(this.#planOf(unit)).length === 0) return;
    try {
      for (const told of await this.#parts.effects(unit)) this.#current.get(unit)?.ledgers.effects.take(told);
    } catch (error) {
      this.#parts.log.warn({ unit, problem: messageOf(error) }, 'nobody could tell what rehearsed writes have shown');
    }
  }

  async #keepAll(): Promise<void> {
    const { runs, clock } = this.#parts;
    for (const { ledgers } of this.#current.values()) await ledgers.keep(runs, clock.now());
  }

  #order(): void {
    const on = [...this.#current.values()].filter(({ run }) => run.endedAt === undefined);
    const orders = on.map(({ run }): [string, ShadowOrder] => [run.unit, { run: run.id, sampling: run.sampling }]);
    this.#parts.edges.orderRuns(Object.fromEntries(orders));
  }

  #planOf(unit: string): Plan {
    const plan = this.#parts.plans().find((one) => one.unit === unit);
    if (!plan) throw cutoverErrors.error('UNIT_UNKNOWN', { message: `there is no unit "${unit}"` });
    return plan;
  }

  #complain(error: unknown): void {
    this.#parts.log.error({ problem: messageOf(error) }, 'runs of the shadow could not be looked after');
  }
}

/** `2026-11-21-2214-05`. */
function nameOf(startedAt: number): string {
  return new Date(startedAt).toISOString().slice(0, 19).replace('T', '-').replace(':', '').replace(':', '-');
}
