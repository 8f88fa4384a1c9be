import { describe, expect, it } from '@jest/globals';
import { Outliers } from './outliers.ts';
import { TargetEndpoint } from './target-endpoint.ts';

describe('outliers', () => {
  it('are ejected at the fifth failure in a row, and a success in between starts the count anew', () => {
    const [all, one] = endpoints(3);
    const outliers = new Outliers();
    calls(one, 0, 4);
    calls(one, 1, 4);
    expect(outliers.failed(one, all, 0)).toBe(false);
    calls(one, 0, 1);
    expect(outliers.failed(one, all, 0)).toBe(true);
    expect([one.isEjected, outliers.total]).toEqual([true, 1]);
  });

  it('stay out longer each time, up to a limit, and are forgiven for good behaviour', () => {
    const [all, one] = endpoints(2);
    const outliers = new Outliers({ sweepMs: 1e9, ejectMs: 1000, maxEjectMs: 3000 });
    const lasts: number[] = [];
    let now = 0;
    for (let round = 0; round < 3; round++) {
      calls(one, 0, 5);
      outliers.failed(one, all, now);
      const from = now;
      while (one.isEjected) outliers.sweep(all, ++now);
      lasts.push(now - from);
    }
    expect(lasts).toEqual([1000, 2000, 3000]);
  });

  it('are never the last usable endpoint, and never more than the share', () => {
    const [all] = endpoints(5);
    const outliers = new Outliers({ maxEjectedPercent: 40 });
    const ejected = all.map((endpoint) => {
      calls(endpoint, 0, 5);
      return outliers.failed(endpoint, all, 0);
    });
    expect(ejected).toEqual([true, true, false, false, false]);
    const [pair, one, other] = endpoints(2);
    other.isHealthy = false;
    calls(one, 0, 5);
    expect(outliers.failed(one, pair, 0)).toBe(false);
  });

  it('are found by their success rate, when enough endpoints had enough calls', () => {
    const [all, , , , , odd] = endpoints(5);
    const outliers = new Outliers({ sweepMs: 10 });
    for (const endpoint of all) calls(endpoint, 99, 1);
    odd.calls = 100;
    odd.failures = 20;
    expect(outliers.sweep(all, 9)).toBe(false);
    expect(outliers.sweep(all, 10)).toBe(true);
    expect(all.map(({ isEjected }) => isEjected)).toEqual([false, false, false, false, true]);
    expect(all.map((endpoint) => endpoint.calls)).toEqual([0, 0, 0, 0, 0]);
  });

  it('are not looked for among equals, nor in few calls', () => {
    const [all, one] = endpoints(5);
    const outliers = new Outliers({ sweepMs: 10 });
    for (const endpoint of all) calls(endpoint, 90, 10);
    expect(outliers.sweep(all, 10)).toBe(false);
    for (const endpoint of all) calls(endpoint, 50, 1);
    one.failures = 40;
    expect(outliers.sweep(all, 20)).toBe(false);
  });
});

type Found = [TargetEndpoint[], ...TargetEndpoint[]] & { 1: TargetEndpoint; 2: TargetEndpoint; 5: TargetEndpoint };

/** The list, then its members. */
function endpoints(count: number): Found {
  const home = { side: 'service', name: 'trips', connectFailures: 0, failed: () => undefined } as const;
  const all = Array.from({ length: count }, (_, i) => new TargetEndpoint(home, { url: `http://${i}`, weight: 1 }));
  return [all, ...all] as unknown as Found;
}

/** Successes first, then failures. */
function calls(endpoint: TargetEndpoint, successes: number, failures: number): void {
  for (let i = 0; i < successes + failures; i++) {
    endpoint.begin();
    endpoint.end(i < successes ? 'ok' : 'failed');
  }
}
