import type { Applied } from './applier.ts';
import type { Write } from './writer.ts';

export interface Latencies {
  readonly writes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/**
 * From the moment a write was sent, its own duration included, to the moment the watermark had passed it: longer than
 * from its commit, never shorter.
 */
export function latenciesOf(writes: readonly Write[], applied: Applied): Latencies {
  const marks = applied.toSorted(([a], [b]) => a - b);
  const sorted = writes.toSorted(([a], [b]) => a - b);
  let at = 0;
  const all = sorted.map(([sequence, sentAtMs]) => {
    while (at < marks.length && (marks[at]?.[0] ?? 0) < sequence) at += 1;
    return (marks[at]?.[1] ?? Number.NaN) - sentAtMs;
  });
  const ordered = all.toSorted((a, b) => a - b);
  const quantile = (q: number): number => Number((ordered[Math.floor((ordered.length - 1) * q)] ?? 0).toFixed(2));
  return {
    writes: ordered.length,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    p999Ms: quantile(0.999),
    maxMs: quantile(1),
  };
}
