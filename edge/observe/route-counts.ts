import type { Counter } from '../../shared/index.ts';
import { REASONS, type Reason } from '../decide/decide.ts';
import { STAGES, type Side, type Stage } from '../decide/unit-state.ts';
import { LatencyBuckets } from './latency-histogram.ts';

const OUTCOMES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx', 'aborted'] as const;
const SIDES = ['legacy', 'service'] as const;
const REASON_INDEX = new Map<Reason, number>(REASONS.map((reason, i) => [reason, i]));
const STAGE_INDEX = new Map<Stage, number>(STAGES.map((stage, i) => [stage, i]));

/** What a route is called in metrics: its template, never a path. */
export interface RouteLabels {
  readonly unit: string;
  readonly method: string;
  readonly route: string;
}

/**
 * What requests of one route template have come to. Plain numbers on the request path, made when a request first comes;
 * labels only when scraped.
 */
export class RouteCounts {
  readonly #labels: RouteLabels;
  #counts: Float64Array | undefined;
  readonly #latencies: (LatencyBuckets | undefined)[] = [];

  constructor(labels: RouteLabels) {
    this.#labels = labels;
  }

  /** `status` 0: no answer was given; -1: the answer or the client's connection broke off. */
  add(target: Side, reason: Reason, status: number): void {
    const counts = (this.#counts ??= new Float64Array(SIDES.length * REASONS.length * OUTCOMES.length));
    const outcome = status < 0 ? 6 : Math.min(5, Math.floor(status / 100));
    const index = (sideIndex(target) * REASONS.length + (REASON_INDEX.get(reason) ?? 0)) * OUTCOMES.length + outcome;
    counts[index] = (counts[index] ?? 0) + 1;
  }

  get unit(): string {
    return this.#labels.unit;
  }

  /** How many requests went to a target for a reason, whatever came of them. */
  count(target: Side, reason: Reason): number {
    const from = (sideIndex(target) * REASONS.length + (REASON_INDEX.get(reason) ?? 0)) * OUTCOMES.length;
    return this.#counts?.subarray(from, from + OUTCOMES.length).reduce((sum, count) => sum + count, 0) ?? 0;
  }

  /** From the request to the end of the answer. */
  time(target: Side, stage: Stage, ms: number): void {
    const index = sideIndex(target) * STAGES.length + (STAGE_INDEX.get(stage) ?? 0);
    const buckets = (this.#latencies[index] ??= new LatencyBuckets({ ...this.#labels, target, stage }));
    buckets.observe(ms);
  }

  report(counter: Counter): void {
    this.#counts?.forEach((count, i) => {
      if (count === 0) return;
      const status = OUTCOMES[i % OUTCOMES.length] ?? 'none';
      const reason = REASONS[Math.floor(i / OUTCOMES.length) % REASONS.length] ?? 'no-unit';
      const target = SIDES[Math.floor(i / OUTCOMES.length / REASONS.length)] ?? 'legacy';
      counter.inc({ ...this.#labels, target, reason, status }, count);
    });
  }

  latencies(): LatencyBuckets[] {
    return this.#latencies.filter((buckets) => buckets !== undefined);
  }
}

function sideIndex(side: Side): number {
  return side === 'legacy' ? 0 : 1;
}
