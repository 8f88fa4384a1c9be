import { messageOf, systemClock, type Clock, type Log } from '../../shared/index.ts';
import type { Approvals } from '../approvals/approvals.ts';
import type { CallerWatch } from '../callers/caller-watch.ts';
import type { DeclaredUnit } from '../configuration/declaration.ts';
import type { UnitStore } from '../control/control-store.ts';
import { cutoverErrors } from '../errors.ts';
import { allPass, type GateResult } from '../judgement/gates.ts';
import { momentOf } from '../kpi/delivery.ts';
import { describeStage } from '../stage.ts';
import { noteOf, type Intent } from '../unit/intent.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import type { UnitRuntime } from '../unit/unit-runtime.ts';
import { leftoversOf, removalsOf } from './leftovers.ts';
import type { LegacyUseStore } from './legacy-use.ts';
import type { Removal } from './remove-traces.ts';
import { retirementGates } from './retirement-gates.ts';
import type { RetirementPlan } from './retirement-plan.ts';

export interface RetirementParts {
  readonly store: Pick<UnitStore, 'read' | 'change' | 'note' | 'journal'>;
  readonly approvals: Pick<Approvals, 'gates'>;
  readonly publish: (record: UnitRecord) => void;
  readonly log: Log;
  /** What was seen of legacy's use; without it no unit is retired. */
  readonly evidence?: Evidence | undefined;
  readonly clock?: Clock | undefined;
}

interface Evidence {
  readonly callers: Pick<CallerWatch, 'callersOf'>;
  readonly uses: Pick<LegacyUseStore, 'read'>;
}

/**
 * - refused: a gate does not pass; nothing was changed.
 * - would-retire: a dry run, with every gate as it is.
 * - retired: the way back is gone. `removed` is what this command took away.
 */
export interface RetirementMove {
  readonly outcome: 'refused' | 'would-retire' | 'retired';
  readonly gates: readonly GateResult[];
  readonly removed: readonly string[];
  /** What people may delete now. */
  readonly leftovers: readonly string[];
}

/** An intent, with the word of its operator that the way back to legacy may go. */
export interface RetirementIntent extends Intent {
  readonly confirmed: boolean;
}

/**
 * Ends what leads back to legacy. The journal row comes first and is the point of no return: from it on nobody rolls
 * back. Then streams, fences and bookkeeping go, each step safe to repeat; what a kill interrupted goes on with the next
 * start of control, or when the command is given again.
 */
export class Retirements {
  readonly #parts: RetirementParts;
  readonly #clock: Clock;

  constructor(parts: RetirementParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? systemClock;
  }

  async run(runtime: UnitRuntime, intent: RetirementIntent): Promise<RetirementMove> {
    const { plan } = runtime.unit;
    const record = await this.#parts.store.read(plan.unit);
    const leftovers = leftoversOf(plan);
    if (record.stage.name === 'retired' && intent.dryRun)
      return { outcome: 'would-retire', gates: [], removed: [], leftovers };
    if (record.stage.name === 'retired') return this.#remove(runtime, record, intent, []);
    const gates = await this.#gates(runtime, record, intent);
    if (intent.dryRun) return { outcome: 'would-retire', gates, removed: removalsOf(plan), leftovers };
    if (!allPass(gates)) return this.#refuse(record, intent, gates);
    if (!intent.confirmed)
      throw cutoverErrors.error('RETIRE_UNCONFIRMED', {
        message: `${plan.unit} would be retired: there is no rollback from there, and legacy's tables fall behind for good`,
      });
    const note = noteOf(intent, 'retire', { gates });
    const retired = await this.#parts.store.change(record, { type: 'step', step: { type: 'retire' }, rungs: 0 }, note);
    this.#parts.publish(retired);
    return this.#remove(runtime, retired, intent, gates);
  }

  /** After a start: what a kill between the journal row and the end has left. A failure must not keep other units down. */
  async finish(runtime: UnitRuntime): Promise<void> {
    const { unit } = runtime.unit.plan;
    try {
      const record = await this.#parts.store.read(unit);
      await this.#remove(runtime, record, { who: 'banyan', reason: 'an interrupted retirement goes on' }, []);
    } catch (error) {
      this.#parts.log.error({ unit, problem: messageOf(error) }, 'a retirement could not be finished');
    }
  }

  /** The gates before a unit is retired, with `parked` as it was measured. Asks the control database alone. */
  async knownGates(declared: DeclaredUnit, parked: number | undefined): Promise<GateResult[]> {
    const { evidence } = this.#parts;
    const { unit, retirement } = declared.plan;
    return retirement && evidence ? this.#judge(declared, retirement, evidence, { parked }) : [notPlanned(unit)];
  }

  async #gates(runtime: UnitRuntime, record: UnitRecord, { who }: Intent): Promise<GateResult[]> {
    const { unit, retirement } = runtime.unit.plan;
    if (record.stage.name !== 'owned' || record.handover)
      throw cutoverErrors.error('STAGE_REFUSED', {
        message: `${unit} is at ${describeStage(record.stage)}; a unit is retired from owned, with no handover under way`,
      });
    const { evidence } = this.#parts;
    if (!retirement || !evidence)
      throw cutoverErrors.error('RETIREMENT_MISSING', { message: `the plan of ${unit} has no retirement` });
    const { parked } = await runtime.measure('service');
    return this.#judge(runtime.unit, retirement, evidence, { parked, who });
  }

  async #judge(
    declared: DeclaredUnit,
    retirement: RetirementPlan,
    { callers: watch, uses }: Evidence,
    { parked, who }: { readonly parked: number | undefined; readonly who?: string },
  ): Promise<GateResult[]> {
    const { unit } = declared.plan;
    const [callers, use] = await Promise.all([watch.callersOf(unit), uses.read(unit)]);
    const nowMs = this.#clock.now();
    const facts = { unit, ownedMs: await this.#ownedMs(unit, nowMs), brownouts: await this.#brownouts(unit) };
    const gates = retirementGates(facts, retirement, { callers, use, parked }, nowMs);
    return [...gates, ...(await this.#parts.approvals.gates(declared, 'retire', who))];
  }

  async #ownedMs(unit: string, nowMs: number): Promise<number> {
    const line = await this.#parts.store.journal.stageLine(unit);
    return line ? Math.max(0, nowMs - momentOf(line)) : 0;
  }

  /** How many went through all their steps since the service owns the rows. */
  async #brownouts(unit: string): Promise<number> {
    const { journal } = this.#parts.store;
    return (await journal.since(unit, 'brownout-over', await journal.stageSince(unit))).length;
  }

  async #refuse(record: UnitRecord, intent: Intent, gates: readonly GateResult[]): Promise<RetirementMove> {
    await this.#parts.store.note(record, noteOf(intent, 'retire-refused', { gates }));
    return { outcome: 'refused', gates, removed: [], leftovers: [] };
  }

  async #remove(
    runtime: UnitRuntime,
    record: UnitRecord,
    intent: Intent,
    gates: readonly GateResult[],
  ): Promise<RetirementMove> {
    const { removed, wasDone }: Removal = await runtime.retire();
    if (!wasDone) await this.#parts.store.note(record, noteOf(intent, 'retire-removed', { removed }));
    return { outcome: 'retired', gates, removed, leftovers: leftoversOf(runtime.unit.plan) };
  }
}

function notPlanned(unit: string): GateResult {
  const next = `add retirement to the plan of ${unit}`;
  return { gate: 'plan', verdict: 'fail', value: 'without retirement', limit: 'retirement with quietDays', next };
}
