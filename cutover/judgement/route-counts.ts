import { numberOf, type MetricSample } from '../kpi/metric-samples.ts';
import type { Side } from '../stage.ts';

/** What one edge has counted on one route since it started. */
export interface RouteCounts {
  readonly unit: string;
  /** Method and template. */
  readonly route: string;
  readonly sides: Readonly<Record<Side, SideCounts>>;
}

export interface SideCounts {
  /** Answered, or should have been; what broke off on the way is not among them. */
  readonly requests: number;
  /** 5xx, or no answer. */
  readonly failed: number;
  /** Of a latency in seconds, how many requests took no longer. */
  readonly withinS: ReadonlyMap<number, number>;
}

const nothing: SideCounts = { requests: 0, failed: 0, withinS: new Map() };
const REQUESTS = 'banyan_edge_requests_total';
const BUCKETS = 'banyan_edge_request_duration_seconds_bucket';

/** By unit and route. */
export function routeCounts(samples: readonly MetricSample[]): Map<string, RouteCounts> {
  const of = Map.groupBy(
    samples.filter(({ name }) => name === REQUESTS || name === BUCKETS),
    ({ labels: { unit, method, route } }) => `${unit} ${method} ${route}`,
  );
  return new Map([...of].map(([key, its]) => [key, countsOf(its)]));
}

function countsOf(samples: readonly MetricSample[]): RouteCounts {
  const { unit = '', method = '', route = '' } = samples[0]?.labels ?? {};
  const side = (target: Side): SideCounts => sideOf(samples.filter(({ labels }) => labels['target'] === target));
  return { unit, route: `${method} ${route}`, sides: { legacy: side('legacy'), service: side('service') } };
}

function sideOf(samples: readonly MetricSample[]): SideCounts {
  const counted = samples.filter(({ name, labels }) => name === REQUESTS && labels['status'] !== 'aborted');
  const failed = counted.filter(({ labels }) => labels['status'] === '5xx' || labels['status'] === 'none');
  const withinS = new Map<number, number>();
  for (const { name, labels, value } of samples) {
    const bound = numberOf(labels['le'] ?? '');
    if (name === BUCKETS) withinS.set(bound, (withinS.get(bound) ?? 0) + value);
  }
  return { requests: sum(counted), failed: sum(failed), withinS };
}

function sum(samples: readonly MetricSample[]): number {
  return samples.reduce((total, { value }) => total + value, 0);
}

/** What was added between two looks. One that counted more before has started anew meanwhile: all of it is new. */
export function addedTo(before: RouteCounts | undefined, now: RouteCounts): RouteCounts {
  const side = (name: Side): SideCounts => addedToSide(before?.sides[name] ?? nothing, now.sides[name]);
  return { ...now, sides: { legacy: side('legacy'), service: side('service') } };
}

function addedToSide(before: SideCounts, now: SideCounts): SideCounts {
  const last = now.requests < before.requests ? nothing : before;
  const withinS = [...now.withinS].map(([bound, count]) => [bound, count - (last.withinS.get(bound) ?? 0)] as const);
  return { requests: now.requests - last.requests, failed: now.failed - last.failed, withinS: new Map(withinS) };
}

/** The smallest bound of a bucket that holds 95 % of the requests; undefined while that is not known. */
export function slowFromS({ withinS }: SideCounts, atLeast = 100): number | undefined {
  const total = withinS.get(Infinity) ?? 0;
  if (total < atLeast) return undefined;
  const bounds = [...withinS.keys()].toSorted((a, b) => a - b);
  const bound = bounds.find((one) => (withinS.get(one) ?? 0) >= 0.95 * total);
  return bound === Infinity ? undefined : bound;
}

export function slowIn({ withinS }: SideCounts, fromS: number): { readonly requests: number; readonly bad: number } {
  const requests = withinS.get(Infinity) ?? 0;
  return { requests, bad: requests - (withinS.get(fromS) ?? requests) };
}
