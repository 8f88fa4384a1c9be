import type { GateResult, Measurements } from '../judgement/gates.ts';
import type { Retirements } from '../retirement/retirements.ts';
import { describeStage, stageAfter } from '../stage.ts';
import type { StageMoves } from '../unit/stage-moves.ts';
import { handoverName, servedKeys, type UnitRecord } from '../unit/unit-record.ts';
import type { UnitRuntime } from '../unit/unit-runtime.ts';
import { describeProgress } from '../unit/unit-transition.ts';

/** Where a unit goes next, and what keeps it; travels as JSON. */
export interface NextStep {
  /** The stage, as people say it. */
  readonly to: string;
  /** Gates that fail or are inconclusive, from what is known: gates of the plan's own are asked with the step alone. */
  readonly waitsFor: readonly GateResult[];
}

export interface NextStepParts {
  readonly stages: Pick<StageMoves, 'knownGates'>;
  readonly retirements: Pick<Retirements, 'knownGates'>;
}

/** What every unit waits for, without asking anybody a question that takes long. Nothing is armed, verified or held. */
export class NextSteps {
  readonly #parts: NextStepParts;

  constructor(parts: NextStepParts) {
    this.#parts = parts;
  }

  /** Undefined for a unit that is retired. */
  async of({ unit }: UnitRuntime, record: UnitRecord, measured: Measurements): Promise<NextStep | undefined> {
    const { stages, retirements } = this.#parts;
    const to = stageAfter(record.stage, unit.plan.rollout.ladder.length);
    if (!to) return undefined;
    const gates =
      to.name === 'retired'
        ? await retirements.knownGates(unit, measured.parked)
        : await stages.knownGates(unit, record.stage, measured);
    const waitsFor = [...standing(record), ...gates].filter(({ verdict }) => verdict !== 'pass');
    return { to: describeStage(to), waitsFor };
  }
}

/** What no gate says because no step is taken at all meanwhile. */
function standing(record: UnitRecord): GateResult[] {
  const { unit, handover, cohorts = {} } = record;
  const names = Object.keys(cohorts);
  return [
    ...(handover ? [waiting('handover', `${handoverName(handover)} ${describeProgress(handover)}`, 'wait')] : []),
    ...(names.length > 0
      ? [
          waiting(
            'cohorts',
            `${servedKeys(record).length} keys of ${names.join(', ')} at service`,
            `banyan cohort ${unit} ${names[0]} return`,
          ),
        ]
      : []),
  ];
}

function waiting(gate: string, value: string, next: string): GateResult {
  return { gate, verdict: 'fail', value, limit: 'none', next };
}
