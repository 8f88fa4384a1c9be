import type { ApprovedStep } from '../approvals/approval-plan.ts';
import type { Approvals } from '../approvals/approvals.ts';
import type { DeclaredUnit } from '../configuration/declaration.ts';
import type { UnitStore } from '../control/control-store.ts';
import { cutoverErrors } from '../errors.ts';
import { stepAfter, type Gatekeeper } from '../judgement/gatekeeper.ts';
import { allPass, type GateResult, type Measurements } from '../judgement/gates.ts';
import type { Rehearsals } from '../rehearsal/rehearsals.ts';
import { describeStage, isArmed, isForwards, nextStage, type Stage } from '../stage.ts';
import { noteOf, noteRefusal, type Intent } from './intent.ts';
import type { UnitCare } from './unit-care.ts';
import type { UnitRecord } from './unit-record.ts';
import type { UnitRuntime } from './unit-runtime.ts';
import type { StageStep } from './unit-transition.ts';

/** A refusal is a result, not an exception: it lists every gate, failed or not. */
export type StageMove =
  | {
      readonly outcome: 'moved' | 'would-move';
      readonly from: Stage;
      readonly to: Stage;
      readonly gates: readonly GateResult[];
    }
  | { readonly outcome: 'refused'; readonly from: Stage; readonly to: Stage; readonly gates: readonly GateResult[] };

export interface StageMovesParts {
  readonly store: UnitStore;
  readonly publish: (record: UnitRecord) => void;
  readonly gatekeeper: Gatekeeper;
  readonly approvals: Approvals;
  readonly rehearsals: Rehearsals;
  readonly care: UnitCare;
}

/** Moves a unit between the stages at which legacy owns its rows. */
export class StageMoves {
  readonly #parts: StageMovesParts;

  constructor(parts: StageMovesParts) {
    this.#parts = parts;
  }

  /** The gates before the next step of a unit, be it a cutover. */
  async nextGates(runtime: UnitRuntime): Promise<GateResult[]> {
    const { store, gatekeeper } = this.#parts;
    const { unit } = runtime;
    const { stage } = await store.read(unit.plan.unit);
    if (stage.name === 'retired') return [];
    return [...(await gatekeeper.judge(runtime, stepAfter(stage))), ...(await this.#signedGates(unit, stage))];
  }

  /** The same from what was measured before; gates of the plan's own are not asked. */
  async knownGates(unit: DeclaredUnit, stage: Stage, measured: Measurements): Promise<GateResult[]> {
    const known = this.#parts.gatekeeper.judgeKnown(unit.plan, stepAfter(stage), measured);
    return [...known, ...(await this.#signedGates(unit, stage))];
  }

  /** What the journal has to hold before the next step. */
  async #signedGates(unit: DeclaredUnit, stage: Stage): Promise<GateResult[]> {
    const { rehearsals, approvals } = this.#parts;
    const next = nextStage(stage, { type: 'advance' }, unit.plan.rollout.ladder.length);
    const step = 'next' in next ? approvedStep(stage, next.next) : stage.name === 'reads' ? 'cutover' : undefined;
    const rehearsed = step === 'cutover' ? await rehearsals.gates(unit, step) : [];
    return [...rehearsed, ...(await approvals.gates(unit, step))];
  }

  /** Throws STAGE_REFUSED when there is no such step from where the unit stands. */
  async move(runtime: UnitRuntime, step: StageStep, intent: Intent): Promise<StageMove> {
    const { plan } = runtime.unit;
    const record = await this.#parts.store.read(plan.unit);
    const to = requireStep(record, step, plan.rollout.ladder.length);
    const from = record.stage;
    const gates = isForwards(from, to) ? await this.#gatesForwards(runtime, from, to, intent) : [];
    if (!allPass(gates)) {
      await noteRefusal(this.#parts.store, record, `stage-${to.name}`, intent, gates);
      return { outcome: 'refused', from, to, gates };
    }
    if (intent.dryRun) return { outcome: 'would-move', from, to, gates };
    await this.#change(runtime, record, step, to, intent, gates);
    return { outcome: 'moved', from, to, gates };
  }

  /** The way back is armed and shown before it is asked about. */
  async #gatesForwards(runtime: UnitRuntime, from: Stage, to: Stage, intent: Intent): Promise<GateResult[]> {
    const { gatekeeper, approvals } = this.#parts;
    if (to.name === 'reads' && !intent.dryRun) await this.#arm(runtime);
    const gates = await gatekeeper.judge(runtime, stepAfter(from));
    return [...gates, ...(await approvals.gates(runtime.unit, approvedStep(from, to), intent.who))];
  }

  async #change(
    runtime: UnitRuntime,
    record: UnitRecord,
    step: StageStep,
    to: Stage,
    intent: Intent,
    gates: readonly GateResult[],
  ): Promise<void> {
    const note = noteOf(intent, intent.action ?? `stage-${to.name}`, { gates, ...intent.detail });
    const { length: rungs } = runtime.unit.plan.rollout.ladder;
    this.#parts.publish(await this.#parts.store.change(record, { type: 'step', step, rungs }, note));
    if (isArmed(record.stage) && !isArmed(to)) await runtime.disarm();
  }

  /** The reverse stream runs, has carried a row, and legacy was found equal to the inverse before anybody needs it. */
  async #arm(runtime: UnitRuntime): Promise<void> {
    await runtime.arm();
    await this.#parts.care.verify(runtime.unit.plan.unit, 'reverse', {});
  }
}

function requireStep({ unit, stage }: UnitRecord, step: StageStep, rungs: number): Stage {
  const result = nextStage(stage, step, rungs);
  if ('next' in result) return result.next;
  throw cutoverErrors.error('STAGE_REFUSED', {
    message: `${unit} stays at ${describeStage(stage)}: ${result.refused}`,
  });
}

/** A step up within the ladder is part of the canary that was approved. */
function approvedStep(from: Stage, { name }: Stage): ApprovedStep | undefined {
  return from.name !== name && (name === 'shadow' || name === 'canary' || name === 'reads') ? name : undefined;
}
