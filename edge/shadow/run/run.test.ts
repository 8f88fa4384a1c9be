import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../shared/index.ts';
import { KeptSamples } from './kept-samples.ts';
import { LATENCY_BOUNDS_MS, LatencyCounts } from './latency-counts.ts';

it('keeps few samples of each kind, the late ones as likely as the early ones', () => {
  const kept = new KeptSamples(seededRandom(1));
  for (let at = 0; at < 1_000; at++) kept.offer('value $.a', () => ({ at, differences: [] }));
  const all = kept.all().map(({ at }) => at);
  expect(all).toHaveLength(5);
  expect(Math.max(...all)).toBeGreaterThan(300);
});

it('keeps samples of so many kinds and no more', () => {
  const kept = new KeptSamples(seededRandom(1));
  for (let at = 0; at < 1_000; at++) kept.offer(`value $.a${at}`, () => ({ at, differences: [] }));
  expect(kept.all()).toHaveLength(20);
});

describe('latency', () => {
  it('is counted by bounds, and above the last one', () => {
    const counts = new LatencyCounts();
    for (const ms of [0, 3, 1e9]) counts.observe(ms);
    const third = LATENCY_BOUNDS_MS.findIndex((bound) => bound >= 3);
    expect([counts.counts[0], counts.counts[third], counts.counts.at(-1)]).toEqual([1, 1, 1]);
  });
});
