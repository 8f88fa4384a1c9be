import { describe, expect, it } from '@jest/globals';
import { silentLog } from '../../shared/index.ts';
import type { MetricSample } from '../kpi/metric-samples.ts';
import type { Plan } from '../plan/plan.ts';
import type { Stage } from '../stage.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import { TrafficWatch } from './traffic-watch.ts';

interface Counts {
  readonly good: number;
  readonly bad?: number;
  readonly slow?: number;
}

/** What an edge has counted for `GET /x` of a side: slow is beyond 100 ms. */
function samplesFor(target: string, { good, bad = 0, slow = 0 }: Counts): MetricSample[] {
  const labels = { unit: 'trips', method: 'GET', route: '/x', target };
  const requests = (status: string, value: number): MetricSample => ({
    name: 'banyan_edge_requests_total',
    labels: { ...labels, status },
    value,
  });
  const within = (le: string, value: number): MetricSample => ({
    name: 'banyan_edge_request_duration_seconds_bucket',
    labels: { ...labels, le },
    value,
  });
  const all = good + bad;
  return [requests('2xx', good), requests('5xx', bad), within('0.1', all - slow), within('+Inf', all)];
}

type Edges = Record<string, { legacy: Counts; service: Counts }> | undefined;

/** A watch whose edges, stage and time the test sets. */
function watching(first: Edges) {
  const world = { edges: first, stage: { name: 'canary', rung: 0 } as Stage, nowMs: 0 };
  const read = () => {
    const entries = Object.entries(world.edges ?? {}).map(
      ([name, { legacy, service }]) =>
        [name, [...samplesFor('legacy', legacy), ...samplesFor('service', service)]] as const,
    );
    return Promise.resolve(world.edges && new Map(entries));
  };
  const plan = { unit: 'trips', gates: { errors: { falseRollback: 0.01, minRequests: 10 } } } as Plan;
  const watch = new TrafficWatch({
    source: { read },
    plans: [plan],
    recordOf: () => ({ stage: world.stage }) as UnitRecord,
    log: silentLog,
    clock: { now: () => world.nowMs, sleep: () => Promise.resolve() },
  });
  const look = async (edges: Edges = world.edges): Promise<void> => {
    world.edges = edges;
    await watch.look();
  };
  return { watch, world, look };
}

const before = { legacy: { good: 1_000, slow: 20 }, service: { good: 10 } };

describe('a watch over traffic', () => {
  it('counts what comes after the first look, at all edges together', async () => {
    const { watch, look } = watching({ a: before, b: before });
    await look();
    expect(watch.measured('trips')).toMatchObject({ service: { requests: 0 }, errors: 0 });
    await look({ a: { ...before, service: { good: 30, bad: 2 } }, b: { ...before, service: { good: 20, slow: 3 } } });
    expect(watch.measured('trips')?.service).toEqual({ requests: 32, failed: 2, slow: 3 });
  });

  it('accuses a service that fails where legacy does not, and one that is slower than legacy was', async () => {
    const { watch, look } = watching({ a: before });
    await look();
    await look({ a: { legacy: { good: 2_000, slow: 40 }, service: { good: 100, bad: 10, slow: 12 } } });
    expect(watch.measured('trips')?.errors).toBeGreaterThan(100);
    expect(watch.measured('trips')?.slow).toBeGreaterThan(100);
  });

  it('begins anew with each rung, and says nothing beyond the canary', async () => {
    const { watch, world, look } = watching({ a: before });
    await look();
    await look({ a: { legacy: { good: 2_000 }, service: { good: 100, bad: 10 } } });
    world.stage = { name: 'canary', rung: 1 };
    expect(watch.measured('trips')).toBeUndefined();
    await look();
    expect(watch.measured('trips')).toMatchObject({ service: { requests: 0 }, errors: 0 });
    world.stage = { name: 'reads' };
    await look();
    expect(watch.measured('trips')).toBeUndefined();
  });

  it('takes an edge that started again for one that counted anew', async () => {
    const { watch, look } = watching({ a: { legacy: { good: 1_000 }, service: { good: 500 } } });
    await look();
    await look({ a: { legacy: { good: 40 }, service: { good: 5, bad: 1 } } });
    expect(watch.measured('trips')?.service).toMatchObject({ requests: 6, failed: 1 });
  });

  it('knows nothing once an edge has been silent for ten seconds', async () => {
    const { watch, world, look } = watching({ a: before });
    await look();
    world.nowMs = 9_000;
    world.edges = undefined;
    await watch.look();
    expect(watch.measured('trips')).toBeDefined();
    world.nowMs = 10_001;
    expect(watch.measured('trips')).toBeUndefined();
  });
});
