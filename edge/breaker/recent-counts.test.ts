import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { AttemptBudget } from './attempt-budget.ts';
import { LatencyEstimate } from './latency-estimate.ts';
import { RecentCounts } from './recent-counts.ts';

describe('recent counts', () => {
  it('are those of this second and the nine before, whatever the gaps', () => {
    const steps = fc.array(fc.record({ column: fc.nat(1), ms: fc.nat(4000) }), { maxLength: 100 });
    fc.assert(
      fc.property(steps, (given) => {
        const counts = new RecentCounts(2);
        const seen: { column: number; second: number }[] = [];
        let now = 5_000;
        for (const { column, ms } of given) {
          now += ms;
          counts.add(column, now);
          seen.push({ column, second: Math.floor(now / 1000) });
          const from = Math.floor(now / 1000) - 9;
          for (const each of [0, 1])
            expect(counts.total(each, now)).toBe(seen.filter((s) => s.column === each && s.second >= from).length);
        }
      }),
    );
  });
});

describe('the budget of second attempts', () => {
  it('is a tenth of the requests of the last ten seconds, and never nothing', () => {
    const budget = new AttemptBudget();
    for (let i = 0; i < 100; i++) budget.spend(1000);
    expect(budget.isSpent(1000)).toBe(true);
    for (let i = 0; i < 1010; i++) budget.request(1000);
    expect(budget.isSpent(1000)).toBe(false);
    budget.spend(1000);
    expect([budget.isSpent(1000), budget.isSpent(11_000)]).toEqual([true, false]);
  });
});

describe('the estimate of legacy’s latency', () => {
  it.each([
    [20, 20],
    [500, 500],
  ])('comes near %d ms when all answers take that long', (ms, expected) => {
    const estimate = new LatencyEstimate();
    for (let i = 0; i < 2000; i++) estimate.add(ms);
    expect(estimate.p95Ms / expected).toBeGreaterThan(0.9);
    expect(estimate.p95Ms / expected).toBeLessThan(1.1);
  });

  it('is above nine of ten of answers that take 1 to 100 ms', () => {
    const estimate = new LatencyEstimate();
    for (let i = 0; i < 20_000; i++) estimate.add(1 + ((i * 37) % 100));
    expect(estimate.p95Ms).toBeGreaterThan(85);
    expect(estimate.p95Ms).toBeLessThan(110);
  });
});
