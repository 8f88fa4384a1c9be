import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../shared/index.ts';
import { distinctCount, emptySketch, mergeSketches, withHash, type DistinctSketch } from './distinct-sketch.ts';
import { RepeatWindow } from './repeat-window.ts';

describe('the window of repetitions', () => {
  it('counts a question again after one to two windows', () => {
    const window = new RepeatWindow({ windowMs: 100, limit: 10 });
    expect([0, 50, 110, 210].map((atMs) => window.isNew(1, atMs))).toEqual([true, false, false, true]);
    expect([window.isNew(1, 1000), window.isNew(1, 1001)]).toEqual([true, false]);
  });

  it('takes everything for a repetition when it is full', () => {
    const window = new RepeatWindow({ windowMs: 100, limit: 2 });
    expect([1, 2, 3].map((hash) => window.isNew(hash, 0))).toEqual([true, true, false]);
    expect(window.isNew(3, 100)).toBe(true);
  });
});

describe('a sketch of different ones', () => {
  it('is exact while they are few, and near when they are many', () => {
    expect(distinctCount(sketchOf(200, 1))).toBe(200);
    expect(Math.abs(distinctCount(sketchOf(20_000, 1)) / 20_000 - 1)).toBeLessThan(0.2);
  });

  it('is the same for two parts together as for all at once', () => {
    const [one, other] = [sketchOf(400, 1), sketchOf(500, 2)];
    const all = [...hashes(400, 1), ...hashes(500, 2)].reduce(withHash, emptySketch);
    expect(mergeSketches(one, other)).toEqual(all);
    expect(mergeSketches(other, one)).toEqual(all);
    expect(mergeSketches(one, one)).toEqual(one);
  });
});

function sketchOf(count: number, seed: number): DistinctSketch {
  return hashes(count, seed).reduce(withHash, emptySketch);
}

function hashes(count: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => Math.floor(random() * 2 ** 48));
}
