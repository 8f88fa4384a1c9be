import { beforeEach, describe, expect, it } from '@jest/globals';
import { createMetrics, type Registry } from '../../shared/index.ts';
import { EdgeMetrics } from './metrics.ts';

describe('the metrics of the edge', () => {
  let registry: Registry;
  let metrics: EdgeMetrics;
  beforeEach(() => {
    registry = createMetrics();
    metrics = new EdgeMetrics(registry);
  });

  it('time a route apart for each target and stage, in seconds', async () => {
    const route = metrics.route('trips', 'GET', '/api/trips/{id}');
    route.time('legacy', 'canary', 3);
    route.time('service', 'canary', 70);
    route.time('service', 'canary', 20_000);
    const text = await registry.metrics();
    const place = 'unit="trips",method="GET",route="/api/trips/{id}",target="service",stage="canary"';
    expect(text).toContain(`banyan_edge_request_duration_seconds_bucket{le="0.1",${place}} 1`);
    expect(text).toContain(`banyan_edge_request_duration_seconds_bucket{le="+Inf",${place}} 2`);
    expect(text).toContain(`banyan_edge_request_duration_seconds_sum{${place}} 20.07`);
    expect(text).toContain(`banyan_edge_request_duration_seconds_count{${place.replace('service', 'legacy')}} 1`);
  });

  it('show nothing of a route nobody has asked for', async () => {
    metrics.route('trips', 'GET', '/api/trips/{id}');
    expect(await registry.metrics()).not.toContain('/api/trips');
  });

  it('count what became of requests and what they weighed', async () => {
    const route = metrics.route('trips', 'POST', '/api/trips');
    route.add('legacy', 'legacy-owns-writes', 201);
    route.add('legacy', 'legacy-owns-writes', 0);
    route.add('legacy', 'legacy-owns-writes', -1);
    metrics.carried('legacy', 10, 20);
    metrics.retried('trips', 2);
    const text = await registry.metrics();
    const place = 'unit="trips",method="POST",route="/api/trips",target="legacy",reason="legacy-owns-writes"';
    for (const status of ['2xx', 'none', 'aborted'])
      expect(text).toContain(`banyan_edge_requests_total{${place},status="${status}"} 1`);
    expect(text).toContain('banyan_edge_request_bytes_total{target="legacy"} 10');
    expect(text).toContain('banyan_edge_answer_bytes_total{target="legacy"} 20');
    expect(text).toContain('banyan_edge_retries_total{target="trips"} 2');
  });

  it('give ten thousand routes a bounded number of series', async () => {
    for (let i = 0; i < 10_000; i++) metrics.route('trips', 'GET', `/api/r${i}`).add('legacy', 'no-unit', 200);
    const series = (await registry.metrics()).match(/^banyan_edge_requests_total\{.*/gm) ?? [];
    expect(series).toHaveLength(2001);
    expect(series.at(-1)).toContain('method="*",route="*",target="legacy",reason="no-unit",status="2xx"} 8000');
  });

  it('add up the pools of a target', async () => {
    metrics.watchPools(() => [
      { target: 'trips', busy: 1, free: 2, waiting: 0 },
      { target: 'trips', busy: 3, free: 0, waiting: 4 },
    ]);
    await registry.metrics();
    const text = await registry.metrics();
    expect(text).toContain('banyan_edge_pool_connections{target="trips",state="busy"} 4');
    expect(text).toContain('banyan_edge_pool_connections{target="trips",state="free"} 2');
    expect(text).toContain('banyan_edge_pool_waiting{target="trips"} 4');
  });

  it('follow the names Prometheus asks for', async () => {
    const names = [...(await registry.metrics()).matchAll(/^# TYPE (\S+) (\w+)/gm)];
    expect(names.length).toBeGreaterThan(8);
    for (const [, name = '', type] of names) {
      expect(name).toMatch(/^banyan_edge_[a-z_]+$/);
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
    }
  });
});
