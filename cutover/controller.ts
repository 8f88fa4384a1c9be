import type { Approval } from './approvals/approval.ts';
import type { ApprovedStep } from './approvals/approval-plan.ts';
import { Approvals, type ApprovalRequest } from './approvals/approvals.ts';
import { systemClock, type Clock, type Log, type Tracing } from '../shared/index.ts';
import type { UnitStore } from './control/control-store.ts';
import { cutoverErrors } from './errors.ts';
import type { Budgets } from './handover/actions.ts';
import { CohortHandover, type CohortMembers } from './handover/cohort-handover.ts';
import { HandoverPerformer, type HandoverCommand } from './handover/performer.ts';
import { Settlement } from './handover/settlement.ts';
import type { HandoverMove } from './handover/gated-handover.ts';
import { UnitHandover } from './handover/unit-handover.ts';
import { Gatekeeper } from './judgement/gatekeeper.ts';
import type { GateResult, Measurements } from './judgement/gates.ts';
import type { TrafficWatch } from './judgement/traffic-watch.ts';
import { NextSteps, type NextStep } from './progress/next-step.ts';
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
import type { ShadowRuns } from './shadow/shadow-runs.ts';
import { noteOf, type Intent } from './unit/intent.ts';
import { requireOneOwner } from './unit/one-owner.ts';
import type { ParkedAnswer, ParkedRequest } from './unit/parked.ts';
import { StageMoves, type StageMove } from './unit/stage-moves.ts';
import { standstillOf, type Standstill } from './unit/stall.ts';
import { UnitCare } from './unit/unit-care.ts';
import { UnitCommands } from './unit/unit-commands.ts';
import { overviewOf, type UnitOverview } from './unit/unit-overview.ts';
import type { Direction, UnitRecord } from './unit/unit-record.ts';
import type { EdgeGroup, UnitRuntime, UnitVerification, VerifyOptions } from './unit/unit-runtime.ts';
import { UnitStarts } from './unit/unit-starts.ts';
import { nextState, type StageStep } from './unit/unit-transition.ts';

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
  readonly #commands: UnitCommands;
  readonly #starts: UnitStarts;
  readonly #stages: StageMoves;
  readonly #handovers: UnitHandover;
  readonly #cohorts: CohortHandover;
  readonly #care: UnitCare;
  readonly #nextSteps: NextSteps;

  constructor(parts: ControllerParts) {
    const { store, publish, runtimes, log } = parts;
    const settlement = new Settlement(parts);
    const performer = new HandoverPerformer(parts, settlement);
    const gatekeeper = new Gatekeeper(parts);
    const approvals = new Approvals(store);
    const rehearsals = new Rehearsals(store);
    const retirements = new Retirements({ ...parts, approvals });
    const commands = new UnitCommands(runtimes, log);
    const care = new UnitCare(commands, store);
    this.#parts = parts;
    this.#gatekeeper = gatekeeper;
    this.#approvals = approvals;
    this.#rehearsals = rehearsals;
    this.#retirements = retirements;
    this.#commands = commands;
    this.#care = care;
    this.#starts = new UnitStarts({ store, publish, settlement, retirements, commands, care });
    this.#stages = new StageMoves({ store, publish, gatekeeper, approvals, rehearsals, care });
    this.#nextSteps = new NextSteps({ stages: this.#stages, retirements });
    this.#handovers = new UnitHandover({ store, gatekeeper, approvals, rehearsals, performer });
    this.#cohorts = new CohortHandover({ store, gatekeeper, approvals, rehearsals, performer });
  }

  /** Resolves once every unit is settled and takes commands. */
  start(): Promise<void> {
    return this.#starts.start(this.#parts.runtimes);
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

  /** Where a unit goes next and what it waits for, from what was just measured; undefined once it is retired. */
  async nextStep({ record, measured }: UnitStatus): Promise<NextStep | undefined> {
    return this.#nextSteps.of(this.#commands.runtime(record.unit), record, measured);
  }

  /** The gates before the next step of a unit. */
  async gates(unit: string): Promise<GateResult[]> {
    return this.#stages.nextGates(this.#commands.runtime(unit));
  }

  async approvalRequest(unit: string, step: ApprovedStep): Promise<ApprovalRequest> {
    return this.#approvals.request(this.#commands.runtime(unit).unit, step);
  }

  /** Approvals wait for nobody: they are given while the unit is being changed, too. */
  async approve(unit: string, approval: Approval): Promise<GateResult> {
    return this.#approvals.give(this.#commands.runtime(unit).unit, approval);
  }

  async moveStage(unit: string, step: StageStep, intent: Intent): Promise<StageMove> {
    return this.#commands.exclusive(unit, intent, (runtime) => this.#stages.move(runtime, step, intent));
  }

  /** Moves ownership. See `handover.ts` for the contract of the steps. */
  async handOver(
    unit: string,
    direction: Direction,
    intent: Intent,
    options: HandoverCommand = {},
  ): Promise<HandoverMove> {
    return this.#commands.exclusive(unit, intent, (runtime) =>
      this.#handovers.perform(runtime, direction, intent, options),
    );
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
  ): Promise<HandoverMove> {
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
}
