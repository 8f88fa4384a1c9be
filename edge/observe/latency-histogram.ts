import type { Histogram, Registry } from '../../shared/index.ts';

const BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

/** A histogram in the registry's format whose `observe` is one array increment. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(BOUNDS_MS.length + 1);
  #sumMs = 0;

  constructor(name: string, help: string, registry: Registry) {
    // A metric of our own making: the registry only asks for its name and its values.
    const metric = {
      name,
      get: () => Promise.resolve({ name, help, aggregator: 'sum', type: 'histogram', values: this.#values(name) }),
    };
    registry.registerMetric(metric as unknown as Histogram);
  }

  observe(ms: number): void {
    let bucket = 0;
    while (bucket < BOUNDS_MS.length && ms > (BOUNDS_MS[bucket] ?? 0)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sumMs += ms;
  }

  #values(
    name: string,
  ): { metricName: string; value: number; labels: Record<string, string | number>; exemplar: null }[] {
    const values = [];
    let total = 0;
    for (const [i, count] of this.#counts.entries()) {
      total += count;
      const le = i < BOUNDS_MS.length ? (BOUNDS_MS[i] ?? 0) / 1000 : '+Inf';
      values.push({
        metricName: `${name}_bucket`,
        value: total,
        labels: { le } as Record<string, string | number>,
        exemplar: null,
      });
    }
    values.push({ metricName: `${name}_sum`, value: this.#sumMs / 1000, labels: {}, exemplar: null });
    values.push({ metricName: `${name}_count`, value: total, labels: {}, exemplar: null });
    return values;
  }
}
