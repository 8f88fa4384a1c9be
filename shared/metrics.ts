import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { packageVersion } from './version.ts';

export { Counter, Gauge, Histogram, Registry };

/** One metric with its values, as it travels between processes. */
export type MetricObject = Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number];

/** One registry per process, made in the composition root and passed down. */
export function createMetrics(): Registry {
  return new Registry();
}

/**
 * The registry of a whole process: memory, CPU, event loop lag and garbage collection under Node's usual names, and
 * which version runs. To be called once in a process; the measuring goes on until it ends.
 */
export function createProcessMetrics(): Registry {
  const registry = createMetrics();
  collectDefaultMetrics({ register: registry });
  const build = new Gauge({
    name: 'banyan_build_info',
    help: 'Always one; the labels say which version runs.',
    labelNames: ['version', 'node'],
    aggregator: 'max',
    registers: [registry],
  });
  build.set({ version: packageVersion(), node: process.versions.node }, 1);
  return registry;
}

/** The metrics of several processes as those of one: each metric says itself how its values come together. */
export function sumMetrics(of: readonly (readonly MetricObject[])[]): Registry {
  return AggregatorRegistry.aggregate(of as object[]) as Registry;
}
