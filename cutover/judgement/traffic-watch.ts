import { messageOf, systemClock, type Clock, type Log } from '../../shared/index.ts';
import type { MetricSample } from '../kpi/metric-samples.ts';
import type { Plan } from '../plan/plan.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import { addedTo, routeCounts, type RouteCounts } from './route-counts.ts';
import { UnitJudgement, type MeasuredTraffic } from './unit-judgement.ts';

/** The counts of every edge, by its name; undefined while one of them does not tell. */
export interface TrafficSource {
  read(): Promise<ReadonlyMap<string, readonly MetricSample[]> | undefined>;
}

export interface TrafficWatchParts {
  readonly source: TrafficSource;
  readonly plans: readonly Pick<Plan, 'unit' | 'gates' | 'ramp'>[];
  readonly recordOf: (unit: string) => UnitRecord | undefined;
  readonly log: Log;
  readonly clock?: Clock;
}

/** What is older says nothing about now. */
const FRESH_MS = 10_000;

interface Watched {
  readonly step: string;
  readonly judgement: UnitJudgement;
  seenMs: number;
}

/**
 * Compares service and legacy on every route of the units that are in canary and whose plans ask for it, each second.
 * What it knows is of this process: after a restart a step is judged from its beginning.
 */
export class TrafficWatch {
  readonly #parts: TrafficWatchParts;
  readonly #clock: Clock;
  readonly #watched = new Map<string, Watched>();
  readonly #counts = new Map<string, Map<string, RouteCounts>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: TrafficWatchParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? systemClock;
  }

  start(everyMs = 1_000): void {
    this.#timer = setInterval(() => void this.look(), everyMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Undefined while nobody can tell how the present step of the unit does. */
  measured(unit: string): MeasuredTraffic | undefined {
    const watched = this.#watched.get(unit);
    const isFresh = watched && this.#clock.now() - watched.seenMs <= FRESH_MS && watched.step === this.#stepOf(unit);
    return isFresh ? watched.judgement.measured : undefined;
  }

  /** One look at all edges; does nothing while no unit is watched. */
  async look(): Promise<void> {
    const units = this.#parts.plans.filter((plan) => isAsked(plan) && this.#stepOf(plan.unit) !== undefined);
    if (units.length === 0) return this.#counts.clear();
    try {
      const edges = await this.#parts.source.read();
      if (edges)
        this.#take(
          edges,
          units.map(({ unit }) => unit),
        );
    } catch (error) {
      this.#parts.log.warn({ problem: messageOf(error) }, 'nobody tells how the routes do');
    }
  }

  #take(edges: ReadonlyMap<string, readonly MetricSample[]>, units: readonly string[]): void {
    const added = [...edges].flatMap(([edge, samples]) => this.#addedAt(edge, routeCounts(samples)));
    for (const unit of units) this.#judge(unit, added);
  }

  /** Of an edge that is seen for the first time nothing is known to be new. */
  #addedAt(edge: string, counts: Map<string, RouteCounts>): RouteCounts[] {
    const before = this.#counts.get(edge);
    this.#counts.set(edge, counts);
    return before ? [...counts].map(([key, now]) => addedTo(before.get(key), now)) : [];
  }

  #judge(unit: string, added: readonly RouteCounts[]): void {
    const nowMs = this.#clock.now();
    const { judgement } = this.#watchedAt(unit, nowMs);
    const totals = [...this.#counts.values()].flatMap((counts) => [...counts.values()]);
    for (const counts of totals) if (counts.unit === unit) judgement.learnPast(counts);
    judgement.add(
      added.filter((counts) => counts.unit === unit),
      nowMs,
    );
  }

  #watchedAt(unit: string, nowMs: number): Watched {
    const known = this.#watched.get(unit);
    const step = this.#stepOf(unit) ?? '';
    const watched = known?.step === step ? known : { step, judgement: new UnitJudgement(), seenMs: nowMs };
    watched.seenMs = nowMs;
    this.#watched.set(unit, watched);
    return watched;
  }

  /** Undefined where there is nothing to compare. */
  #stepOf(unit: string): string | undefined {
    const record = this.#parts.recordOf(unit);
    return record?.stage.name === 'canary' ? `rung ${record.stage.rung}` : undefined;
  }
}

function isAsked({ gates, ramp }: Pick<Plan, 'gates' | 'ramp'>): boolean {
  return gates.errors !== undefined || gates.slow !== undefined || ramp !== undefined;
}
