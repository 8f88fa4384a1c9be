import type { UnitStore } from '../control/control-store.ts';
import type { DeclaredUnit } from '../configuration/declaration.ts';
import { cutoverErrors } from '../errors.ts';
import { allPass, type GateResult } from '../judgement/gates.ts';
import { noteOf, type Intent } from '../unit/intent.ts';
import type { JournalEntry } from '../journal/journal-entry.ts';
import { describeStage } from '../stage.ts';
import type { Direction, UnitRecord } from '../unit/unit-record.ts';
import type { UnitRuntime } from '../unit/unit-runtime.ts';
import { Rehearsal, type RehearsalOptions, type VerifyStep } from './rehearsal.ts';
import type { RehearsalReport } from './rehearsal-report.ts';

const ACTION = 'rehearsal';

/** Rehearsals are lines of the journal; the plan may want a fresh one, of the plan in force, before a cutover. */
export class Rehearsals {
  readonly #store: Pick<UnitStore, 'note' | 'journal'>;
  readonly #nowMs: () => number;

  constructor(store: Pick<UnitStore, 'note' | 'journal'>, nowMs: () => number = Date.now) {
    this.#store = store;
    this.#nowMs = nowMs;
  }

  /** Throws STAGE_REFUSED where there is no reverse stream to rehearse with. `gates`: of the handover that comes next. */
  async run(
    runtime: UnitRuntime,
    record: UnitRecord,
    intent: Intent,
    options: RehearsalOptions & {
      readonly gates: () => Promise<readonly GateResult[]>;
      readonly verify: VerifyStep;
    },
  ): Promise<RehearsalReport> {
    assertArmed(record);
    const steps = await new Rehearsal(runtime, record.owner, options.verify).run(options);
    const gates = await options.gates();
    const { unit, owner, epoch } = record;
    const report: RehearsalReport = {
      unit,
      at: new Date(this.#nowMs()).toISOString(),
      who: intent.who,
      reason: intent.reason,
      owner,
      epoch,
      planDigest: runtime.unit.digest,
      passed: steps.every(({ ok }) => ok) && allPass(gates) && options.signal?.aborted !== true,
      steps,
      gates,
    };
    await this.#store.note(record, noteOf(intent, ACTION, report));
    return report;
  }

  /** No gate when the plan does not want one. */
  async gates({ plan, digest }: DeclaredUnit, direction: Direction): Promise<GateResult[]> {
    const { rehearsal } = plan.gates;
    if (!rehearsal || direction !== 'cutover') return [];
    const last = (await this.#store.journal.since(plan.unit, ACTION, 0)).at(-1);
    const problem = last ? problemOf(last, digest, rehearsal.maxAgeHours, this.#nowMs()) : undefined;
    return [
      {
        gate: ACTION,
        verdict: last === undefined ? 'inconclusive' : problem === undefined ? 'pass' : 'fail',
        value: last === undefined ? 'never rehearsed' : (problem ?? `passed at ${last.at} UTC`),
        limit: `passed with this plan within the last ${rehearsal.maxAgeHours} h`,
        next: `banyan rehearse ${plan.unit}`,
      },
    ];
  }
}

function problemOf({ at, detail }: JournalEntry, planDigest: string, maxAgeHours: number, nowMs: number) {
  const report = detail as RehearsalReport;
  if (!report.passed) return `the last one, at ${at} UTC, did not pass`;
  if (report.planDigest !== planDigest) return `the last one, at ${at} UTC, was of another plan`;
  const ageHours = (nowMs - Date.parse(`${at.replace(' ', 'T')}Z`)) / 3_600_000;
  return ageHours > maxAgeHours ? `the last one was ${ageHours.toFixed(1)} h ago` : undefined;
}

function assertArmed({ unit, stage }: UnitRecord): void {
  if (stage.name === 'reads' || stage.name === 'owned') return;
  throw cutoverErrors.error('STAGE_REFUSED', {
    message: `${unit} is at ${describeStage(stage)}, without a reverse stream; a rehearsal needs stage reads or owned`,
  });
}
