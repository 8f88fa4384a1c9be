import { isFlagOf, type FlagProvider } from '../../flags/index.ts';
import { systemClock, type Clock } from '../../shared/index.ts';
import type { CallerWatch } from '../callers/caller-watch.ts';
import type { Controller, UnitStatus } from '../controller.ts';
import type { UnitRuntime } from '../unit/unit-runtime.ts';
import { progressOf, type Progress, type UnitFacts } from './progress.ts';

export interface ProgressParts {
  readonly runtimes: ReadonlyMap<string, Pick<UnitRuntime, 'unit'>>;
  readonly controller: Pick<Controller, 'nextStep'>;
  readonly callers: Pick<CallerWatch, 'callersOf'>;
  readonly flags: Pick<FlagProvider, 'features'>;
  readonly clock?: Clock;
}

/** How far the migration is, from what was just measured of its units. */
export class ProgressView {
  readonly #parts: ProgressParts;

  constructor(parts: ProgressParts) {
    this.#parts = parts;
  }

  async of(units: readonly UnitStatus[]): Promise<Progress> {
    const { clock = systemClock } = this.#parts;
    const facts = await Promise.all(units.map((status) => this.#factsOf(status)));
    return progressOf(facts.flat(), clock.now());
  }

  async #factsOf(status: UnitStatus): Promise<UnitFacts[]> {
    const { runtimes, controller, callers } = this.#parts;
    const { record } = status;
    const plan = runtimes.get(record.unit)?.unit.plan;
    if (!plan) return [];
    const [next, seen] = await Promise.all([controller.nextStep(status), callers.callersOf(record.unit)]);
    const flags = this.#flagsOf(record.unit);
    return [{ plan, record, callers: seen, ...(next && { next }), ...(flags !== undefined && { flags }) }];
  }

  #flagsOf(unit: string): number | undefined {
    return this.#parts.flags.features()?.features.filter(({ name }) => isFlagOf(unit, name)).length;
  }
}
