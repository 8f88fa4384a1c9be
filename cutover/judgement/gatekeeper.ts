import { messageOf } from '../../shared/index.ts';
import type { UnitStore } from '../control/control-store.ts';
import { gatesFor, judgeGates, type GateResult, type Measurements } from './gates.ts';
import { askCustomGates, unaskedGates } from './custom-gate.ts';
import type { TrafficWatch } from './traffic-watch.ts';
import type { Plan } from '../plan/plan.ts';
import type { ShadowRuns } from '../shadow/shadow-runs.ts';
import type { Side, Stage } from '../stage.ts';
import type { Direction } from '../unit/unit-record.ts';
import { overviewOf, type OverviewParts } from '../unit/unit-overview.ts';
import type { EdgeGroup, UnitRuntime } from '../unit/unit-runtime.ts';

type Step = keyof typeof gatesFor;

export interface GatekeeperParts extends OverviewParts {
  readonly store: UnitStore;
  readonly edges: Pick<EdgeGroup, 'counts' | 'flags' | 'edges'>;
  readonly traffic?: Pick<TrafficWatch, 'measured'> | undefined;
  readonly shadow?: Pick<ShadowRuns, 'standing'> | undefined;
}

/** Measures a unit and holds the measurements against the gates of a step. Measures anew each time; changes nothing. */
export class Gatekeeper {
  readonly #parts: GatekeeperParts;

  constructor(parts: GatekeeperParts) {
    this.#parts = parts;
  }

  async judge(runtime: UnitRuntime, step: Step): Promise<GateResult[]> {
    const { plan } = runtime.unit;
    const custom = askCustomGates(plan.unit, plan.gates.custom ?? [], step);
    return [...judgeGates(gatesFor[step], plan, await this.measure(runtime)), ...(await custom)];
  }

  /** From what was measured before, asking nobody. */
  judgeKnown(plan: Plan, step: Step, measured: Measurements): GateResult[] {
    const custom = unaskedGates(plan.unit, plan.gates.custom ?? [], step);
    return [...judgeGates(gatesFor[step], plan, measured), ...custom];
  }

  async judgeHandover(runtime: UnitRuntime, direction: Direction, owner: Side): Promise<GateResult[]> {
    return [...(await this.judge(runtime, direction)), await judgeHotRows(runtime, owner)];
  }

  /** Of a handover of single keys. Both sides make rows once the first of them has moved. */
  async judgeCohort(runtime: UnitRuntime, direction: Direction): Promise<GateResult[]> {
    const gates = await this.judge(runtime, direction);
    if (direction === 'rollback') return gates;
    return [...gates, ...judgeGates(['numbering'], runtime.unit.plan, await this.measure(runtime))];
  }

  async measure(runtime: UnitRuntime): Promise<Measurements> {
    const record = await this.#parts.store.read(runtime.unit.plan.unit);
    const { owner } = record;
    const [measured, overview] = await Promise.all([runtime.measure(owner), overviewOf(this.#parts, record)]);
    const { verified, pinned, waits, service } = overview;
    const flags = this.#parts.edges.flags();
    const traffic = this.#parts.traffic?.measured(record.unit);
    const shadow = this.#parts.shadow?.standing(record.unit);
    const verification = owner === 'legacy' ? verified.forward : verified.reverse;
    const { reverse } = verified;
    const stream = measured.reverse && { ...measured.reverse, ...(reverse ? { verification: reverse } : {}) };
    return {
      ...measured,
      edges: this.#parts.edges.edges(),
      ...(pinned ? { pinned } : {}),
      ...(flags ? { flags } : {}),
      ...(waits ? { waits } : {}),
      ...(service ? { service } : {}),
      ...(traffic ? { traffic } : {}),
      ...(shadow ? { shadow } : {}),
      ...(verification ? { verification } : {}),
      ...(stream ? { reverse: stream } : {}),
    };
  }
}

/** Compares the bulk of the recently written rows before anything is held, so that the hold only pays for the rest. */
async function judgeHotRows(runtime: UnitRuntime, owner: Side): Promise<GateResult> {
  const next = `banyan verify ${runtime.unit.plan.unit}`;
  const base = { gate: 'hot rows', limit: '0 wrong among rows written since the last verification', next };
  try {
    const { rows, wrong, overflowed } = await runtime.verifyHot(owner);
    if (overflowed) return { ...base, verdict: 'inconclusive', value: 'more rows changed than are remembered' };
    return { ...base, verdict: wrong === 0 ? 'pass' : 'fail', value: `${wrong} wrong of ${rows}` };
  } catch (error) {
    return { ...base, verdict: 'inconclusive', value: messageOf(error) };
  }
}

/** The step that comes after a stage; its gates are the ones to look at. */
export function stepAfter(stage: Stage): Step {
  switch (stage.name) {
    case 'legacy':
      return 'shadow';
    case 'shadow':
      return 'canary';
    case 'canary':
      return 'reads';
    case 'reads':
      return 'cutover';
    default:
      return 'rollback';
  }
}
