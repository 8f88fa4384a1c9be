import type { Histogram, Registry } from '../../shared/index.ts';

const BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

type Labels = Readonly<Record<string, string>>;

interface Value {
  readonly metricName: string;
  readonly value: number;
  readonly labels: Record<string, string | number>;
  readonly exemplar: null;
}

/** How long requests with the same labels took. Observing is one array increment. */
export class LatencyBuckets {
  readonly labels: Labels;
  readonly #counts = new Float64Array(BOUNDS_MS.length + 1);
  #sumMs = 0;

  constructor(labels: Labels) {
    this.labels = labels;
  }

  observe(ms: number): void {
    let bucket = 0;
    while (bucket < BOUNDS_MS.length && ms > (BOUNDS_MS[bucket] ?? 0)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sumMs += ms;
  }

  values(name: string): Value[] {
    const values: Value[] = [];
    let total = 0;
    for (const [i, count] of this.#counts.entries()) {
      total += count;
      const le = i < BOUNDS_MS.length ? (BOUNDS_MS[i] ?? 0) / 1000 : '+Inf';
      values.push(valueOf(`${name}_bucket`, total, { le, ...this.labels }));
    }
    values.push(valueOf(`${name}_sum`, this.#sumMs / 1000, this.labels));
    values.push(valueOf(`${name}_count`, total, this.labels));
    return values;
  }
}

/** A histogram of the registry whose series are asked for when somebody looks. */
export function registerLatency(
  registry: Registry,
  name: string,
  help: string,
  series: () => readonly LatencyBuckets[],
): void {
  // A metric of our own making: the registry only asks for its name and its values.
  const metric = {
    name,
    get: () => {
      const values = series().flatMap((each) => each.values(name));
      return Promise.resolve({ name, help, aggregator: 'sum', type: 'histogram', values });
    },
    reset: () => undefined,
  };
  registry.registerMetric(metric as unknown as Histogram);
}

function valueOf(metricName: string, value: number, labels: Readonly<Record<string, string | number>>): Value {
  return { metricName, value, labels, exemplar: null };
}
