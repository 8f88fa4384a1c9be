import { messageOf, type Log } from '../../shared/index.ts';
import { routeCounts, type RouteCounts } from '../judgement/route-counts.ts';
import type { TrafficSource } from '../judgement/traffic-watch.ts';
import type { Plan } from '../plan/plan.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import type { CountedRoute, LegacyUseStore } from './legacy-use.ts';

export interface LegacyUseWatchParts {
  readonly source: TrafficSource;
  readonly plans: readonly Pick<Plan, 'unit' | 'retirement'>[];
  readonly recordOf: (unit: string) => UnitRecord | undefined;
  readonly uses: Pick<LegacyUseStore, 'keep' | 'forget'>;
  readonly log: Log;
}

const LOOK_EVERY_MS = 5_000;

/** Notes what the edges still send to legacy of units that the service owns and whose plans want to be retired. */
export class LegacyUseWatch {
  readonly #parts: LegacyUseWatchParts;
  readonly #forgotten = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(parts: LegacyUseWatchParts) {
    this.#parts = parts;
  }

  start(everyMs = LOOK_EVERY_MS): void {
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    }, everyMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    try {
      const owned: string[] = [];
      for (const { unit, retirement } of this.#parts.plans) {
        if (!retirement) continue;
        if (this.#isOwned(unit)) owned.push(unit);
        else await this.#forget(unit);
      }
      if (owned.length > 0) await this.#note(owned);
    } catch (error) {
      this.#parts.log.warn({ problem: messageOf(error) }, 'nobody tells what legacy is still asked for');
    }
  }

  async #note(units: readonly string[]): Promise<void> {
    const edges = await this.#parts.source.read();
    if (!edges) return;
    for (const unit of units) {
      this.#forgotten.delete(unit);
      const counts = [...edges].flatMap(([edge, samples]) => countedAt(edge, unit, [...routeCounts(samples).values()]));
      await this.#parts.uses.keep(unit, counts);
    }
  }

  /** After a rollback the quiet time begins anew. */
  async #forget(unit: string): Promise<void> {
    const record = this.#parts.recordOf(unit);
    if (!record || this.#forgotten.has(unit)) return;
    await this.#parts.uses.forget(unit);
    this.#forgotten.add(unit);
  }

  #isOwned(unit: string): boolean {
    const record = this.#parts.recordOf(unit);
    return record?.stage.name === 'owned' && !record.handover;
  }
}

function countedAt(edge: string, unit: string, routes: readonly RouteCounts[]): CountedRoute[] {
  return routes
    .filter((counts) => counts.unit === unit)
    .map(({ route, sides }) => ({ edge, route, counted: sides.legacy.requests }));
}
