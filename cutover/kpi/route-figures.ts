import { numberOf, type MetricSample } from './metric-samples.ts';

/** How one side did on one route since the edges started. */
export interface RouteFigures {
  readonly unit: string;
  /** Method and template. */
  readonly route: string;
  readonly side: string;
  /** Requests that were answered, or should have been; what a client or an answer broke off is not among them. */
  readonly requests: number;
  /** Share of them that was neither 5xx nor without any answer. */
  readonly availability: number;
  /** As `histogram_quantile` has it; absent where no duration was measured. */
  readonly p95Ms?: number;
}

const REQUESTS = 'banyan_edge_requests_total';
const BUCKETS = 'banyan_edge_request_duration_seconds_bucket';

/** From the samples of all edges together: legacy beside the service for each route that a request came to. */
export function routeFigures(samples: readonly MetricSample[]): RouteFigures[] {
  const counted = samples.filter(({ name, labels }) => name === REQUESTS && labels['status'] !== 'aborted');
  const measured = Map.groupBy(
    samples.filter(({ name }) => name === BUCKETS),
    placeOf,
  );
  const groups = [...Map.groupBy(counted, placeOf)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return groups.flatMap(([place, of]) => figuresAt(of, measured.get(place) ?? []));
}

function placeOf({ labels }: MetricSample): string {
  return [labels['unit'], labels['route'], labels['method'], labels['target']].join(' ');
}

function figuresAt(counted: readonly MetricSample[], buckets: readonly MetricSample[]): RouteFigures[] {
  const { unit = '', route = '', method = '', target = '' } = counted[0]?.labels ?? {};
  const requests = sum(counted);
  if (requests === 0) return [];
  const failed = sum(counted.filter(({ labels }) => labels['status'] === '5xx' || labels['status'] === 'none'));
  const p95Ms = quantileMs(0.95, buckets);
  return [
    {
      unit,
      route: `${method} ${route}`,
      side: target,
      requests,
      availability: 1 - failed / requests,
      ...(p95Ms !== undefined && { p95Ms }),
    },
  ];
}

function sum(samples: readonly MetricSample[]): number {
  return samples.reduce((total, { value }) => total + value, 0);
}

/** Linear within the bucket; beyond the last bound that is finite, that bound. */
function quantileMs(share: number, buckets: readonly MetricSample[]): number | undefined {
  const byBound = [...Map.groupBy(buckets, ({ labels }) => numberOf(labels['le'] ?? '+Inf'))]
    .map(([bound, of]) => ({ bound, count: sum(of) }))
    .toSorted((a, b) => a.bound - b.bound);
  const rank = share * (byBound.at(-1)?.count ?? 0);
  if (rank === 0) return undefined;
  const index = byBound.findIndex(({ count }) => count >= rank);
  const { bound: low, count: below } = byBound[index - 1] ?? { bound: 0, count: 0 };
  const { bound: high = Infinity, count: upTo = 0 } = byBound[index] ?? {};
  const seconds = high === Infinity ? low : low + ((high - low) * (rank - below)) / (upTo - below);
  return Math.round(seconds * 1e6) / 1e3;
}
