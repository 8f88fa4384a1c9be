import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.fixture.ts';
import type { TargetEndpoint } from './target-endpoint.ts';
import { Target } from './target.ts';

const [A, B, C] = ['http://a', 'http://b', 'http://c'].map((url) => ({ url, weight: 1 })) as [Of, Of, Of];
const HEAVY = { url: 'http://heavy', weight: 2 };

describe('a target', () => {
  it('with one endpoint has nothing to choose', () => {
    const target = open([A, A]);
    expect(target.only?.url).toBe('http://a');
    expect(target.pick()).toBe(target.only);
    expect(target.other(target.pick())).toBeUndefined();
  });

  it('takes the one of two random endpoints that has fewer requests under way', () => {
    const target = open([A, B], 0, 0);
    expect(target.only).toBeUndefined();
    target.endpoints[0]?.begin();
    expect(target.pick()).toBe(target.endpoints[1]);
  });

  it.each([[[0, 0]], [[0.5, 0.5]], [[0.99, 0.99]], [[0.99, 0]]])('never draws the same endpoint twice: %j', (draws) => {
    const target = open([A, B, C], ...draws);
    const picked = target.pick();
    picked.inFlight = 100;
    expect(target.pick()).not.toBe(picked);
  });

  it('spreads requests that do not end evenly, by weight', () => {
    const target = open([A, B, HEAVY]);
    for (let i = 0; i < 400; i++) target.pick().begin();
    expect(target.endpoints.map(({ inFlight }) => Math.round(inFlight / 10))).toEqual([10, 10, 20]);
  });

  it('keeps what it knows of endpoints that stay, and the last known when told of none', () => {
    const target = open([A, B]);
    const [, b] = target.endpoints;
    target.replace([B, C]);
    expect(target.endpoints[0]).toBe(b);
    target.replace([]);
    expect(target.endpoints.map(({ url }) => url)).toEqual(['http://b', 'http://c']);
    target.replace([B]);
    expect(target.only).toBe(b);
  });

  it('sends nothing to an endpoint whose health check fails, unless all do', () => {
    const target = open([A, B]);
    const [a, b] = target.endpoints as [TargetEndpoint, TargetEndpoint];
    a.isHealthy = false;
    target.refresh();
    expect([target.only, target.other(b)]).toEqual([b, undefined]);
    b.isHealthy = false;
    target.refresh();
    expect(target.only).toBeUndefined();
    expect(target.other(b)).toBe(a);
  });

  it('sends nothing to an ejected endpoint until its time is over', async () => {
    const clock = new ManualClock();
    const target = new Target({ side: 'service', name: 'trips', clock, outliers: { ejectMs: 1000 } }, [A, B]);
    const [a, b] = target.endpoints as [TargetEndpoint, TargetEndpoint];
    for (let i = 0; i < 5; i++) fail(a);
    expect(target.only).toBe(b);
    await clock.advance(999);
    target.sweep();
    expect(target.only).toBe(b);
    await clock.advance(1);
    target.sweep();
    expect(target.only).toBeUndefined();
  });

  it('cannot be without an endpoint', () => {
    expect(() => open([])).toThrow('trips has no endpoint');
  });
});

interface Of {
  readonly url: string;
  readonly weight: number;
}

function open(addresses: readonly Of[], ...draws: number[]): Target {
  let at = 0;
  const random = draws.length > 0 ? () => draws[at++ % draws.length] ?? 0 : Math.random;
  return new Target({ side: 'service', name: 'trips', random }, addresses);
}

function fail(endpoint: TargetEndpoint): void {
  endpoint.begin();
  endpoint.end('failed');
}
