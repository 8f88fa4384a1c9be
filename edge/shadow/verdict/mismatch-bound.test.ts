import { describe, expect, it } from '@jest/globals';
import { chanceOver, shareOf } from '../testing/simulation.fixture.ts';
import { logBeta, logGamma } from './log-beta.ts';
import { isWithin, mismatchBound, samplesNeeded } from './mismatch-bound.ts';

const at = (limit: number) => ({ limit, alpha: 0.05 });

describe('the bound on mismatches', () => {
  it.each([
    [0.01, 409, 705],
    [0.001, 4104, 7070],
    [0.0001, 41_058, 70_719],
  ])('%d is shown after %d samples without a mismatch, %d with one', (limit, clean, withOne) => {
    expect(samplesNeeded(0, 0, at(limit))).toBe(clean);
    expect([isWithin(0, clean, at(limit)), isWithin(0, clean - 1, at(limit))]).toEqual([true, false]);
    expect([isWithin(1, withOne, at(limit)), isWithin(1, withOne - 1, at(limit))]).toEqual([true, false]);
    expect(mismatchBound(0, clean, at(limit))).toBeLessThanOrEqual(limit);
    expect(mismatchBound(0, clean - 1, at(limit))).toBeGreaterThan(limit);
  });

  it('is wrong in at most 5 of 100 runs, looked at after every sample', () => {
    expect(shareOf(100, (random) => isEverWithin(0.01, random))).toBeLessThanOrEqual(chanceOver(0.05, 100));
  });

  it('is reached by a candidate that has a fourth of it', () => {
    expect(shareOf(30, (random) => isEverWithin(0.0025, random))).toBeGreaterThan(0.8);
  });

  it('only grows with mismatches, and shrinks with samples', () => {
    const bounds = [0, 1, 2, 10].map((mismatches) => mismatchBound(mismatches, 1000, at(0.01)));
    expect(bounds).toEqual(bounds.toSorted((a, b) => a - b));
    expect(mismatchBound(10, 1000, at(0.01))).toBeGreaterThan(mismatchBound(100, 10_000, at(0.01)));
    expect([mismatchBound(0, 0, at(0.01)), mismatchBound(5, 5, at(0.01))]).toEqual([1, 1]);
  });

  it('is never reached at a rate above it', () => {
    expect(samplesNeeded(20, 1000, at(0.01))).toBeUndefined();
    expect(samplesNeeded(5, 1000, at(0.01))).toBeGreaterThan(1000);
  });
});

it('knows the logarithms of gamma and beta', () => {
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 12);
  expect(logGamma(101)).toBeCloseTo(363.739375555563, 10);
  let sum = 0;
  for (let i = 0; i < 4104; i++) sum += Math.log((500 + i) / (500.5 + i));
  expect(logBeta(0.5, 500 + 4104) - logBeta(0.5, 500)).toBeCloseTo(sum, 9);
});

function isEverWithin(share: number, random: () => number): boolean {
  let mismatches = 0;
  for (let sample = 1; sample <= 2000; sample++) {
    if (random() < share) mismatches++;
    else if (isWithin(mismatches, sample, at(0.01))) return true;
  }
  return false;
}
