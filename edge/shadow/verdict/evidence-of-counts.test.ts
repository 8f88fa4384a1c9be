import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../shared/index.ts';
import {
  chanceOver,
  firstWhere,
  isShownByDiffy,
  ninthTenth,
  shareOf,
  type FieldModel,
  type Totals,
} from '../testing/simulation.fixture.ts';
import { evidenceAgainstShare, evidenceOfExcess, evidenceOfNoise } from './evidence-of-counts.ts';
import { partOf } from './judge-route.ts';

const ALPHA = 0.05;
const BAR = -Math.log(ALPHA);

/** Pairs after which the candidate is shown to be the worse; looked at after every one. */
function pairsUntilShown(model: FieldModel, most: number, random: () => number): number | undefined {
  return firstWhere(most, model, random, (one) => evidenceOfNoise(one.candidateOnly, one.controlOnly) >= BAR);
}

describe('looking after every pair of a run', () => {
  it.each([0.005, 0.05, 0.5])(
    'accuses a candidate that is as unsteady as control (%d) in at most 5 of 100 runs; Diffy’s rule in most of them',
    (noise) => {
      const model = { noise, defect: 0 };
      const accused = shareOf(1000, (random) => pairsUntilShown(model, 1500, random) !== undefined);
      const shown = shareOf(200, (random) => firstWhere(1500, model, random, isShownByDiffy) !== undefined);
      expect(accused).toBeLessThanOrEqual(chanceOver(ALPHA, 1000));
      expect(shown).toBeGreaterThan(0.4);
    },
  );

  it.each<[FieldModel, number]>([
    [{ noise: 0, defect: 1 }, 9],
    [{ noise: 0, defect: 0.05 }, 250],
    [{ noise: 0, defect: 0.01 }, 1400],
    [{ noise: 0, defect: 0.005 }, 2700],
    [{ noise: 0.05, defect: 0.05 }, 1100],
    [{ noise: 0.05, defect: 0.5 }, 30],
  ])('finds a defect, %p, within %d pairs in 9 of 10 runs', (model, pairs) => {
    const needed = Array.from({ length: 100 }, (_, run) => pairsUntilShown(model, 10_000, seededRandom(run * 31 + 1)));
    expect(ninthTenth(needed)).toBeLessThanOrEqual(pairs);
  });

  it('finds a field that always differs within 15 pairs, where eleven routes share a chance of 1 % to accuse wrongly', () => {
    const bar = -Math.log(partOf(0.01 / 11, 1));
    const pairs = Array.from({ length: 16 }, (_, count) => count).find((count) => evidenceOfNoise(count, 0) >= bar);
    expect(pairs).toBe(15);
  });

  it('does not find one by which the candidate is hardly less steady than control', () => {
    const shown = shareOf(50, (random) => pairsUntilShown({ noise: 0.5, defect: 0.05 }, 3000, random) !== undefined);
    expect(shown).toBeLessThan(0.3);
  });
});

it('accuses any of twenty fields of a correct candidate in at most 5 of 100 runs, each having its part of alpha', () => {
  const shares = [0.01, 0.5, 0.002, 0.2, 0.05];
  const isAccused = (random: () => number): boolean =>
    Array.from({ length: 20 }, (_, i) => i + 1).some((rank) => {
      const bar = -Math.log(partOf(ALPHA, rank));
      const model = { noise: shares[rank % 5] ?? 0, defect: 0 };
      const isShown = (one: Totals): boolean => evidenceOfNoise(one.candidateOnly, one.controlOnly) >= bar;
      return firstWhere(500, model, random, isShown) !== undefined;
    });
  expect(shareOf(400, isAccused)).toBeLessThanOrEqual(chanceOver(ALPHA, 400));
});

describe('looking after every answer where control is asked once', () => {
  it('accuses a candidate within the budget in at most 5 of 100 runs', () => {
    expect(shareOf(300, (random) => isOverBudget(0.01, random))).toBeLessThanOrEqual(ALPHA);
  });

  it('accuses one that takes five times the budget', () => {
    expect(shareOf(100, (random) => isOverBudget(0.05, random))).toBeGreaterThan(0.95);
  });
});

it('says that the candidate is at most twice as unsteady, and is wrong in at most 5 of 100 runs', () => {
  const isSaid = (share: number, random: () => number): boolean => {
    let events = 0;
    for (let trial = 1; trial <= 800; trial++) {
      if (random() < share) events++;
      const isLess = events / trial < 2 / 3;
      if (isLess && evidenceAgainstShare(events, trial, 2 / 3, { a: 0.5, b: 0.5 }) >= BAR) return true;
    }
    return false;
  };
  expect(shareOf(100, (random) => isSaid(2 / 3, random))).toBeLessThanOrEqual(ALPHA);
  expect(shareOf(20, (random) => isSaid(1 / 2, random))).toBe(1);
});

it('does not depend on the order in which events came, and says nothing without any', () => {
  expect(evidenceOfNoise(0, 0)).toBeCloseTo(0, 12);
  expect(evidenceOfExcess(0, 0, 0.01)).toBeCloseTo(0, 12);
  expect(evidenceAgainstShare(0, 0, 0.3, { a: 1, b: 1 })).toBeCloseTo(0, 12);
  expect(evidenceOfNoise(40, 0)).toBeGreaterThan(evidenceOfNoise(40, 1));
});

function isOverBudget(share: number, random: () => number): boolean {
  let mismatches = 0;
  for (let sample = 1; sample <= 3000; sample++) {
    if (random() >= share) continue;
    mismatches++;
    if (evidenceOfExcess(mismatches, sample, 0.01) >= BAR) return true;
  }
  return false;
}
