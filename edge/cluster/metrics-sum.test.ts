import { describe, expect, it } from '@jest/globals';
import { Counter, createMetrics, Gauge, Histogram, type MetricObject, type Registry } from '../../shared/index.ts';
import { LatencyBuckets, registerLatency } from '../observe/latency-histogram.ts';
import { MetricsSum } from './metrics-sum.ts';

/** What a worker says that carried so many requests, each of 3 ms, and has so many under way. */
function worker(requests: number, underWay: number, ageS: number): Promise<MetricObject[]> {
  const registry = createMetrics();
  count(registry, requests);
  new Gauge({ name: 'under_way', help: 'h', registers: [registry] }).set(underWay);
  new Gauge({ name: 'age_seconds', help: 'h', aggregator: 'max', registers: [registry] }).set(ageS);
  return registry.getMetricsAsJSON();
}

function count(registry: Registry, requests: number): void {
  new Counter({ name: 'requests_total', help: 'h', labelNames: ['unit'], registers: [registry] }).inc(
    { unit: 'trips' },
    requests,
  );
  const seconds = new Histogram({ name: 'seconds', help: 'h', buckets: [1], registers: [registry] });
  for (let i = 0; i < requests; i++) seconds.observe(0.003);
}

async function valuesOf(sum: MetricsSum): Promise<Record<string, number>> {
  const lines = (await sum.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]));
}

describe('the metrics of several workers', () => {
  it('are those of one process: sums, or the worst where a metric says so', async () => {
    const sum = new MetricsSum();
    sum.take(1, await worker(3, 1, 10));
    sum.take(2, await worker(4, 2, 20));
    expect(await valuesOf(sum)).toMatchObject({
      'requests_total{unit="trips"}': 7,
      'seconds_bucket{le="1"}': 7,
      seconds_count: 7,
      under_way: 3,
      age_seconds: 20,
    });
  });

  it('never fall when a worker goes, but for what it had under way', async () => {
    const sum = new MetricsSum();
    sum.take(1, await worker(3, 1, 10));
    sum.take(2, await worker(4, 2, 20));
    await sum.retire(2);
    sum.take(3, await worker(1, 0, 5));
    await sum.retire(3);
    expect(await valuesOf(sum)).toMatchObject({
      'requests_total{unit="trips"}': 8,
      seconds_count: 8,
      under_way: 1,
      age_seconds: 10,
    });
  });

  it('hold the histograms of the edge as well', async () => {
    const registry = createMetrics();
    const latency = new LatencyBuckets({ target: 'legacy' });
    registerLatency(registry, 'edge_seconds', 'h', () => [latency]);
    const sum = new MetricsSum();
    for (const id of [1, 2]) {
      latency.observe(30);
      sum.take(id, await registry.getMetricsAsJSON());
    }
    expect(await valuesOf(sum)).toMatchObject({ 'edge_seconds_count{target="legacy"}': 3 });
  });

  it('are none of a worker that never said anything', async () => {
    const sum = new MetricsSum();
    await sum.retire(7);
    expect(await valuesOf(sum)).toEqual({});
  });
});
