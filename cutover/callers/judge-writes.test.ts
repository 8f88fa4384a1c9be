import { expect, it } from '@jest/globals';
import { judgeWrites } from './judge-writes.ts';
import type { WriteGroup } from './source-writes.ts';

const group = (agoMs: number, lateMs = 200): WriteGroup => ({ id: 1, agoMs, lateMs, tables: { trips: 1 }, users: [] });
const writing = (...periods: [number, number][]) => ({ knownMs: 60_000, periods });
const LEGACY = { mayExplain: true, settleMs: 0 };
const OWNED = { mayExplain: false, settleMs: 0 };

it.each([
  ['while nobody wrote through an edge', group(20_000), writing([40_000, 30_000], [10_000, 0]), LEGACY, 'unseen'],
  ['while a write was inside', group(20_000), writing([25_000, 15_000]), LEGACY, 'explained'],
  ['that came just after one', group(20_000), writing([25_000, 20_900]), LEGACY, 'explained'],
  ['that came just before one, by clocks that differ', group(20_000), writing([19_500, 18_000]), LEGACY, 'explained'],
  ['that was read late', group(20_000, 9_000), writing([31_000, 29_500]), LEGACY, 'explained'],
  ['that legacy still makes', group(20_000), writing([26_000, 25_500]), { ...LEGACY, settleMs: 5_000 }, 'explained'],
  ['that was read much too late', group(20_000, 600_000), writing(), LEGACY, 'unsure'],
  ['of which no edge has told yet', group(1_000), writing(), LEGACY, 'later'],
  ['of which one edge does not tell', group(20_000), undefined, LEGACY, 'later'],
  ['of which no edge ever told', group(40_000), undefined, LEGACY, 'unsure'],
  ['before an edge was started', group(20_000), { knownMs: 10_000, periods: [] }, LEGACY, 'unsure'],
  ['when the service owns the rows', group(0, 600_000), writing([60_000, 0]), OWNED, 'unseen'],
] as const)('judges a write %s', (_, seen, inside, how, verdict) =>
  expect(judgeWrites(seen, inside, how)).toBe(verdict),
);
