import type { Approval } from './approvals/approval.ts';
import type { ApprovedStep } from './approvals/approval-plan.ts';
import { Approvals, type ApprovalRequest } from './approvals/approvals.ts';
import { systemClock, type Clock, type Log, type Tracing } from '../shared/index.ts';
import type { UnitStore } from './control/control-store.ts';
import { cutoverErrors } from './errors.ts';
import { Gatekeeper, stepAfter } from './judgement/gatekeeper.ts';
import { allPass, type GateResult, type Measurements } from './judgement/gates.ts';
import { DryRunHandover } from './handover/dry-run.ts';
import type { Budgets } from './handover/actions.ts';
import { CohortHandover, type CohortMembers, type CohortMove } from './handover/cohort-handover.ts';
import { HandoverPerformer, type HandoverCommand } from './handover/performer.ts';
import { runHandover, type HandoverResult } from './handover/handover.ts';
import { noteOf, type Intent } from './unit/intent.ts';
import type { TrafficWatch } from './judgement/traffic-watch.ts';
import type { ParkedAnswer, ParkedRequest } from './unit/parked.ts';
import type { ShadowRuns } from './shadow/shadow-runs.ts';
import { Rehearsals } from './rehearsal/rehearsals.ts';
import type { RehearsalOptions, VerifyStep } from './rehearsal/rehearsal.ts';
import type { RehearsalReport } from './rehearsal/rehearsal-report.ts';
import type { BrownoutRecord } from './retirement/brownout-schedule.ts';
import {
  Retirements,
  type RetirementIntent,
  type RetirementMove,
  type RetirementParts,
} from './retirement/retirements.ts';
import { Settlement } from './handover/settlement.ts';
import { describeStage, isForwards, nextStage, type Stage } from './stage.ts';
import { requireOneOwner } from './unit/one-owner.ts';
import { overviewOf, type UnitOverview } from './unit/unit-overview.ts';
import { standstillOf, type Standstill } from './unit/stall.ts';
import { type Direction, type UnitRecord } from './unit/unit-record.ts';
import { nextState, type StageStep } from './unit/unit-transition.ts';
import type { EdgeGroup, UnitRuntime, VerifyOptions } from './unit/unit-runtime.ts';
import { UnitCare } from './unit/unit-care.ts';
import { UnitCommands } from './unit/unit-commands.ts';
import type { UnitVerification } from './unit/unit-verification.ts';

/** A refusal is a result, not an exception: it lists every gate, failed or not. */
export type StageMove =
  | {
      readonly outcome: 'moved' | 'would-move';
      readonly from: Stage;
      readonly to: Stage;
      readonly gates: readonly GateResult[];
    }
  | { readonly outcome: 'refused'; readonly from: Stage; readonly to: Stage; readonly gates: readonly GateResult[] };

export type HandoverMove = HandoverResult | { readonly outcome: 'refused'; readonly gates: readonly GateResult[] };

export interface UnitStatus {
  readonly record: UnitRecord;
  readonly measured: Measurements;
  readonly standstill: Standstill;
}

export interface ControllerParts {
  readonly store: UnitStore;
  readonly runtimes: ReadonlyMap<string, UnitRuntime>;
  readonly edges: EdgeGroup;
  readonly publish: (record: UnitRecord) => void;
  readonly log: Log;
  readonly traffic?: Pick<TrafficWatch, 'measured'> | undefined;
  readonly shadow?: Pick<ShadowRuns, 'standing'> | undefined;
  readonly evidence?: RetirementParts['evidence'];
  readonly tracing?: Tracing | undefined;
  readonly budgets?: Partial<Budgets>;
  readonly clock?: Clock;
}

/** Moves units through their stages. One command at a time per unit; every change is a compare-and-set with a journal line. */
export class Controller {
  readonly #parts: ControllerParts;
  readonly #gatekeeper: Gatekeeper;
  readonly #approvals: Approvals;
  readonly #rehearsals: Rehearsals;
  readonly #retirements: Retirements;
  readonly #settlement: Settlement;
  readonly #commands: UnitCommands;
  readonly #handovers: HandoverPerformer;
  readonly #cohorts: CohortHandover;
  readonly #care: UnitCare;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
    this.#gatekeeper = new Gatekeeper(parts);
    this.#approvals = new Approvals(parts.store);
    this.#rehearsals = new Rehearsals(parts.store);
    this.#retirements = new Retirements(parts);
    this.#settlement = new Settlement(parts);
    this.#commands = new UnitCommands(parts.runtimes, parts.log);
    this.#handovers = new HandoverPerformer(parts, this.#settlement);
    this.#cohorts = new CohortHandover({
      store: parts.store,
      gatekeeper: this.#gatekeeper,
      approvals: this.#approvals,
      rehearsals: this.#rehearsals,
      performer: this.#handovers,
    });
    this.#care = new UnitCare(this.#commands, parts.store);
  }

  /**
   * Registers the units, starts the streams, and finishes or cancels what a crash interrupted. The edges are told at
   * once where every unit stands; a unit takes commands once it is settled.
   */
  async start(): Promise<void> {
    const { store, runtimes, publish } = this.#parts;
    for (const [name, { unit }] of runtimes) publish(await store.register(name, unit.digest));
    for (const [name, runtime] of runtimes) {
      await runtime.start();
      const { stage: now } = await this.#settled(name, runtime);
      if (now.name === 'retired') await this.#retirements.finish(runtime);
      else await (isArmed(now) ? this.#rearm(name, runtime) : this.#disarm(name, runtime));
      this.#commands.open(name);
    }
  }

  /** Only an interrupted handover keeps a unit from starting until it is settled. */
  async #settled(name: string, runtime: UnitRuntime): Promise<UnitRecord> {
    const { store } = this.#parts;
    const record = await store.read(name);
    if (record.handover) await this.#settlement.insist(runtime, `an interrupted ${record.handover.direction}`);
    else await this.#settlement.settle(record, runtime).catch((error: unknown) => this.#commands.failed(name, error));
    return record.handover ? store.read(name) : record;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#parts.runtimes.values()].map((runtime) => runtime.stop()));
  }

  /** Where every unit is and what was found of it, without asking its databases. */
  async overviews(): Promise<UnitOverview[]> {
    const records = await this.#records();
    return Promise.all(
      records.map(async (record) => ({
        ...(await overviewOf(this.#parts, record)),
        standstill: this.#standstillOf(record),
      })),
    );
  }

  async status(): Promise<UnitStatus[]> {
    const records = await this.#records();
    return Promise.all(
      records.map(async (record) => ({
        record,
        measured: await this.#gatekeeper.measure(this.#commands.runtime(record.unit)),
        standstill: this.#standstillOf(record),
      })),
    );
  }

  #standstillOf(record: UnitRecord): Standstill {
    const { clock = systemClock } = this.#parts;
    return standstillOf(this.#commands.runtime(record.unit).unit.plan, record, clock.now());
  }

  async #records(): Promise<UnitRecord[]> {
    const { store, runtimes } = this.#parts;
    return (await store.readAll()).filter(({ unit }) => runtimes.has(unit));
  }

  /** The gates before the next step of a unit. */
  async gates(unit: string): Promise<GateResult[]> {
    const { stage } = await this.#parts.store.read(unit);
    if (stage.name === 'retired') return [];
    const runtime = this.#commands.runtime(unit);
    const next = nextStage(stage, { type: 'advance' }, runtime.unit.plan.rollout.ladder.length);
    const step = 'next' in next ? approvedStep(stage, next.next) : stage.name === 'reads' ? 'cutover' : undefined;
    const gates = await this.#gatekeeper.judge(runtime, stepAfter(stage));
    const rehearsals = step === 'cutover' ? await this.#rehearsals.gates(runtime.unit, step) : [];
    return [...gates, ...rehearsals, ...(await this.#approvals.gates(runtime.unit, step))];
  }

  async approvalRequest(unit: string, step: ApprovedStep): Promise<ApprovalRequest> {
    return this.#approvals.request(this.#commands.runtime(unit).unit, step);
  }

  /** Approvals wait for nobody: they are given while the unit is being changed, too. */
  async approve(unit: string, approval: Approval): Promise<GateResult> {
    return this.#approvals.give(this.#commands.runtime(unit).unit, approval);
  }

  async moveStage(unit: string, event: StageStep, intent: Intent): Promise<StageMove> {
    return this.#commands.exclusive(unit, intent, async (runtime) => {
      const record = await this.#parts.store.read(unit);
      const result = nextStage(record.stage, event, runtime.unit.plan.rollout.ladder.length);
      if ('refused' in result)
        throw cutoverErrors.error('STAGE_REFUSED', {
          message: `${unit} stays at ${describeStage(record.stage)}: ${result.refused}`,
        });
      return this.#move(runtime, record, event, result.next, intent);
    });
  }

  async #move(
    runtime: UnitRuntime,
    record: UnitRecord,
    step: StageStep,
    to: Stage,
    intent: Intent,
  ): Promise<StageMove> {
    const from = record.stage;
    const forwards = isForwards(from, to);
    if (forwards && to.name === 'reads' && !intent.dryRun) await this.#arm(runtime);
    const gates = forwards ? await this.#gatesOf(runtime, from, to, intent) : [];
    if (!allPass(gates))
      return this.#refuse(record, `stage-${to.name}`, intent, gates, { outcome: 'refused', from, to, gates });
    if (intent.dryRun) return { outcome: 'would-move', from, to, gates };
    const note = noteOf(intent, intent.action ?? `stage-${to.name}`, { gates, ...intent.detail });
    const { length: rungs } = runtime.unit.plan.rollout.ladder;
    this.#parts.publish(await this.#parts.store.change(record, { type: 'step', step, rungs }, note));
    if (isArmed(from) && !isArmed(to)) await runtime.disarm();
    return { outcome: 'moved', from, to, gates };
  }

  async #gatesOf(runtime: UnitRuntime, from: Stage, to: Stage, { who }: Intent): Promise<GateResult[]> {
    const gates = await this.#gatekeeper.judge(runtime, stepAfter(from));
    return [...gates, ...(await this.#approvals.gates(runtime.unit, approvedStep(from, to), who))];
  }

  /** Moves ownership. See `handover.ts` for the contract of the steps. */
  async handOver(
    unit: string,
    direction: Direction,
    intent: Intent,
    options: HandoverCommand = {},
  ): Promise<HandoverMove> {
    return this.#commands.exclusive(unit, intent, async (runtime) => {
      const record = await this.#parts.store.read(unit);
      this.#assertDirection(record, direction);
      const approvals = await this.#approvals.gates(runtime.unit, approvedHandover(direction), intent.who);
      const rehearsals = await this.#rehearsals.gates(runtime.unit, direction);
      const measured = await this.#gatekeeper.judgeHandover(runtime, direction, record.owner);
      const gates = [...measured, ...rehearsals, ...approvals];
      if (intent.dryRun && !allPass(gates)) return { outcome: 'refused', gates };
      if (intent.dryRun) return runHandover(new DryRunHandover(runtime, record, direction), options);
      if (!allPass(gates)) return this.#refuse(record, direction, intent, gates, { outcome: 'refused', gates });
      return this.#handovers.perform(runtime, record, direction, intent, options);
    });
  }

  /** Gives the way back to legacy up, once nobody needs it. */
  async retire(unit: string, intent: RetirementIntent): Promise<RetirementMove> {
    return this.#commands.exclusive(unit, intent, (runtime) => this.#retirements.run(runtime, intent));
  }

  /** Begins, changes or, with nothing, ends the brownout of a unit. */
  async brownOut(unit: string, order: BrownoutRecord | undefined, intent: Intent): Promise<void> {
    await this.#commands.exclusive(unit, intent, async () => {
      const record = await this.#parts.store.read(unit);
      const event = { type: 'brownout', order } as const;
      const next = nextState(record, event);
      if ('refused' in next) throw cutoverErrors.error('STAGE_REFUSED', { message: `${unit}: ${next.refused}` });
      if (intent.dryRun) return;
      this.#parts.publish(await this.#parts.store.change(record, event, noteOf(intent, intent.action ?? 'brownout')));
    });
  }

  /** Moves the ownership of one cohort's rows, with `rollback` back to legacy; the unit stays where it is. */
  async moveCohort(
    unit: string,
    cohort: CohortMembers,
    direction: Direction,
    intent: Intent,
    options: HandoverCommand = {},
  ): Promise<CohortMove> {
    return this.#commands.exclusive(unit, intent, (runtime) =>
      this.#cohorts.perform(runtime, cohort, direction, intent, options),
    );
  }

  /** Tries all that a cutover and its rollback rest on, moving nothing; the report is kept in the journal. */
  async rehearse(unit: string, intent: Intent, options: RehearsalOptions = {}): Promise<RehearsalReport> {
    return this.#commands.exclusive(unit, intent, async (runtime) => {
      const record = await this.#parts.store.read(unit);
      requireOneOwner(record);
      const direction = record.owner === 'legacy' ? 'cutover' : 'rollback';
      const gates = (): Promise<GateResult[]> => this.#gatekeeper.judgeHandover(runtime, direction, record.owner);
      const verify: VerifyStep = (way, signal) => this.#care.verify(unit, way, { ...(signal && { signal }) });
      return this.#rehearsals.run(runtime, record, intent, { ...options, gates, verify });
    });
  }

  #assertDirection(record: UnitRecord, direction: Direction): void {
    const probe = nextState(record, { type: 'begin', direction, who: '', reason: '' });
    if ('refused' in probe) throw cutoverErrors.error('STAGE_REFUSED', { message: `${record.unit}: ${probe.refused}` });
  }

  resume(unit: string, intent: Intent & { readonly fresh: boolean }): Promise<void> {
    return this.#care.resume(unit, intent);
  }

  parked(unit: string, request: ParkedRequest, intent: Intent): Promise<ParkedAnswer> {
    return this.#care.parked(unit, request, intent);
  }

  verify(
    unit: string,
    direction: 'forward' | 'reverse' | undefined,
    options: VerifyOptions,
  ): Promise<UnitVerification> {
    return this.#care.verify(unit, direction, options);
  }

  repair(
    unit: string,
    direction: 'forward' | 'reverse' | undefined,
    intent: Intent,
    options: VerifyOptions,
  ): Promise<UnitVerification> {
    return this.#care.repair(unit, direction, intent, options);
  }

  /** The reverse stream runs, has carried a row, and legacy was found equal to the inverse before anybody needs it. */
  async #arm(runtime: UnitRuntime): Promise<void> {
    await runtime.arm();
    await this.#care.verify(runtime.unit.plan.unit, 'reverse', {});
  }

  /** After a start: the reverse stream runs at once, its verification follows behind. A failure must not keep the edge down. */
  async #rearm(unit: string, runtime: UnitRuntime): Promise<void> {
    try {
      await runtime.arm();
      void this.#care.verify(unit, 'reverse', {}).catch((error: unknown) => this.#commands.failed(unit, error));
    } catch (error) {
      this.#commands.failed(unit, error);
    }
  }

  /** What a crash between leaving `reads` and disarming left behind. */
  async #disarm(unit: string, runtime: UnitRuntime): Promise<void> {
    await runtime.disarm().catch((error: unknown) => this.#commands.failed(unit, error));
  }

  async #refuse<T>(
    record: UnitRecord,
    action: string,
    intent: Intent,
    gates: readonly GateResult[],
    result: T,
  ): Promise<T> {
    if (!intent.dryRun) await this.#parts.store.note(record, noteOf(intent, `${action}-refused`, { gates }));
    return result;
  }
}

function isArmed(stage: Stage): boolean {
  return stage.name === 'reads' || stage.name === 'owned';
}

/** A step up within the ladder is part of the canary that was approved. */
function approvedStep(from: Stage, { name }: Stage): ApprovedStep | undefined {
  return from.name !== name && (name === 'shadow' || name === 'canary' || name === 'reads') ? name : undefined;
}

/** The way back never waits for anybody. */
function approvedHandover(direction: Direction): ApprovedStep | undefined {
  return direction === 'cutover' ? 'cutover' : undefined;
}
