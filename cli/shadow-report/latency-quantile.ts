import { LATENCY_BOUNDS_MS } from '../../edge/index.ts';

/** The bound below which a share of the answers began, in milliseconds; undefined without any. */
export function latencyQuantile(counts: readonly number[], share: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let seen = 0;
  const bucket = counts.findIndex((count) => (seen += count) >= share * total);
  return LATENCY_BOUNDS_MS[bucket] ?? Number.POSITIVE_INFINITY;
}

export function msText(ms: number | undefined): string {
  if (ms === undefined) return '-';
  return ms >= 100 ? ms.toFixed(0) : ms.toFixed(1);
}
