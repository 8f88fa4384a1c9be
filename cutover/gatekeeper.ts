import { messageOf } from '../shared/index.ts';
import type { ControlStore, StoredVerification } from './control-store.ts';
import { gatesFor, judgeGates, type GateResult, type MeasuredVerification, type Measurements } from './gates.ts';
import type { Side, Stage } from './stage.ts';
import type { Direction } from './unit-record.ts';
import type { EdgeGroup, UnitRuntime } from './unit-runtime.ts';

type Step = keyof typeof gatesFor;
type Measured = Pick<EdgeGroup, 'counts' | 'flags' | 'edges'>;

/** Measures a unit and holds the measurements against the gates of a step. Measures anew each time; changes nothing. */
export class Gatekeeper {
  readonly #store: ControlStore;
  readonly #edges: Measured;

  constructor(store: ControlStore, edges: Measured) {
    this.#store = store;
    this.#edges = edges;
  }

  async judge(runtime: UnitRuntime, step: Step): Promise<GateResult[]> {
    return judgeGates(gatesFor[step], runtime.unit.plan, await this.measure(runtime));
  }

  async judgeHandover(runtime: UnitRuntime, direction: Direction, owner: Side): Promise<GateResult[]> {
    return [...(await this.judge(runtime, direction)), await judgeHotRows(runtime, owner)];
  }

  async measure(runtime: UnitRuntime): Promise<Measurements> {
    const { unit } = runtime.unit.plan;
    const { owner } = await this.#store.read(unit);
    const [measured, forward, reverse] = await Promise.all([
      runtime.measure(owner),
      this.#verification(unit, 'forward'),
      this.#verification(unit, 'reverse'),
    ]);
    const mismatch = this.#edges.counts(unit);
    const flags = this.#edges.flags();
    const verification = owner === 'legacy' ? forward : reverse;
    const stream = measured.reverse && { ...measured.reverse, ...(reverse ? { verification: reverse } : {}) };
    return {
      ...measured,
      edges: this.#edges.edges(),
      ...(mismatch ? { mismatch } : {}),
      ...(flags ? { flags } : {}),
      ...(verification ? { verification } : {}),
      ...(stream ? { reverse: stream } : {}),
    };
  }

  async #verification(unit: string, direction: 'forward' | 'reverse'): Promise<MeasuredVerification | undefined> {
    const stored = await this.#store.latestVerification(unit, direction);
    return stored && toMeasured(stored);
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

function toMeasured({ ageMs, rows, wrong, result }: StoredVerification): MeasuredVerification {
  const count = (name: string): number => Number(result[name] ?? 0);
  return {
    ageMs,
    rows,
    wrong,
    irreversible: count('irreversible'),
    orphans: count('orphans'),
    headroom: count('headroom'),
    notVerified: count('notVerified'),
    coverage: Number(result['coverage'] ?? 100),
  };
}
