import { formatPosition } from '../../cdc/index.ts';
import type { HandoverActions, StepOutcome } from './handover.ts';
import { sidesOf, type CohortMark, type Direction, type UnitRecord } from '../unit/unit-record.ts';
import type { UnitRuntime } from '../unit/unit-runtime.ts';

/** Says what a handover would do and changes nothing. It reads what can be read: the position, and how far the copy is. */
export class DryRunHandover implements HandoverActions {
  readonly #runtime: UnitRuntime;
  readonly #record: UnitRecord;
  readonly #direction: Direction;
  readonly #cohort: CohortMark | undefined;

  constructor(runtime: UnitRuntime, record: UnitRecord, direction: Direction, cohort?: CohortMark) {
    this.#runtime = runtime;
    this.#record = record;
    this.#direction = direction;
    this.#cohort = cohort;
  }

  hold(): Promise<StepOutcome> {
    return would(`hold writes of ${this.#whose} at the edges`);
  }

  fence(): Promise<StepOutcome> {
    const { from, to } = sidesOf(this.#direction);
    const rows = this.#cohort ? `for ${this.#whose} in ${from}'s rows of owner keys` : `in ${from}'s ownership row`;
    return would(`name ${to} ${rows} at epoch ${this.#record.epoch + 1}`);
  }

  async position(): Promise<StepOutcome> {
    const head = await this.#runtime.head(sidesOf(this.#direction).from);
    return would(`take the position after the fence; it is ${formatPosition(head)} now`);
  }

  async catchUp(): Promise<StepOutcome> {
    const { from } = sidesOf(this.#direction);
    const reached = await this.#runtime.caughtUp(from, await this.#runtime.head(from), 0);
    return would(`wait for the stream, which is ${reached ? 'caught up' : 'behind'} now`);
  }

  verify(): Promise<StepOutcome> {
    const rows = this.#cohort ? `all rows of ${this.#whose}` : 'the rows written since the last verification';
    return would(`compare ${rows}`);
  }

  journal(): Promise<StepOutcome> {
    const { to } = sidesOf(this.#direction);
    const whose = this.#cohort ? ` of ${this.#whose}` : '';
    return would(`write the journal row: owner${whose} ${to}. Nothing can be cancelled after it`);
  }

  grant(): Promise<StepOutcome> {
    return would(`admit writes on ${sidesOf(this.#direction).to}`);
  }

  release(): Promise<StepOutcome> {
    return would(`send the held writes to ${sidesOf(this.#direction).to}`);
  }

  get #whose(): string {
    const { unit } = this.#record;
    return this.#cohort ? `${this.#cohort.keys.length} members of ${this.#cohort.name}` : unit;
  }

  unfence(): Promise<void> {
    return Promise.resolve();
  }

  letGo(): Promise<void> {
    return Promise.resolve();
  }
}

function would(detail: string): Promise<StepOutcome> {
  return Promise.resolve({ ok: true, detail: `would ${detail}` });
}
