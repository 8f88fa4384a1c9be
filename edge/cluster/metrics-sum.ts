import { Registry, sumMetrics, type MetricObject } from '../../shared/index.ts';

/** What only grows while a process lives. Of a worker that is gone it must not be taken away again. */
const GROWING: ReadonlySet<unknown> = new Set(['counter', 'histogram']);

/**
 * The metrics of all workers as those of one process. Gauges are those of the workers that live; counters and histograms
 * hold what the gone ones had counted as well, so that they never fall.
 */
export class MetricsSum {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #living = new Map<number, readonly MetricObject[]>();
  #gone: readonly MetricObject[] = [];

  take(worker: number, metrics: readonly MetricObject[]): void {
    this.#living.set(worker, metrics);
  }

  /** A worker is gone, with what it was last heard to have counted. */
  async retire(worker: number): Promise<void> {
    const last = this.#living.get(worker);
    this.#living.delete(worker);
    if (!last) return;
    const growing = last.filter(({ type }) => GROWING.has(type));
    this.#gone = await sumMetrics([this.#gone, growing]).getMetricsAsJSON();
  }

  text(): Promise<string> {
    return sumMetrics([this.#gone, ...this.#living.values()]).metrics();
  }
}
