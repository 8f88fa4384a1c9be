import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export { Counter, Gauge, Histogram, Registry };

/** One registry per process, made in the composition root and passed down. */
export function createMetrics(): Registry {
  return new Registry();
}
