import { describe, expect, it } from '@jest/globals';
import type { JournalEntry } from '../journal/journal-entry.ts';
import type { Stage } from '../stage.ts';
import { deliveryOf } from './delivery.ts';

const legacy: Stage = { name: 'legacy' };
const shadow: Stage = { name: 'shadow' };
const rung = (index: number): Stage => ({ name: 'canary', rung: index });
const reads: Stage = { name: 'reads' };
const owned: Stage = { name: 'owned' };

type Line = readonly [at: string, unit: string, action: string, from: Stage, to: Stage, detail?: object];

function journalOf(...lines: Line[]): JournalEntry[] {
  return lines.map(([at, unit, action, from, to, detail = null], index) => ({
    id: index + 1,
    unit,
    epoch: index,
    at: `2026-11-${at}:00.000`,
    who: 'ada',
    action,
    reason: 'x',
    before: { stage: from },
    after: { stage: to },
    detail,
    evidence: [],
    previousHash: '',
    hash: '',
  }));
}

const twoWeeks = { fromMs: Date.parse('2026-11-01T00:00:00Z'), untilMs: Date.parse('2026-11-15T00:00:00Z') };
const hours = (count: number): number => count * 3_600_000;

/** Six deployments of trips, two of them taken back; one of users. */
const known = journalOf(
  ['02 08:00', 'trips', 'stage-shadow', legacy, shadow],
  ['02 09:00', 'trips', 'stage-canary-refused', shadow, shadow],
  ['02 10:00', 'trips', 'stage-canary', shadow, rung(0)],
  ['02 14:00', 'trips', 'stage-canary', rung(0), rung(1)],
  ['02 15:00', 'trips', 'kill', rung(1), rung(1)],
  ['02 16:00', 'trips', 'stage-canary', rung(1), rung(0)],
  ['02 18:00', 'trips', 'ramp-night', rung(0), shadow, { planned: true }],
  ['03 08:00', 'trips', 'ramp-step', shadow, rung(0), { planned: true }],
  ['03 16:00', 'trips', 'stage-canary', rung(0), rung(1)],
  ['04 16:00', 'users', 'stage-shadow', legacy, shadow],
  ['04 20:00', 'trips', 'stage-reads', rung(1), reads],
  ['05 20:00', 'trips', 'cutover-begun', reads, reads],
  ['05 20:00', 'trips', 'cutover', reads, owned],
  ['05 23:00', 'trips', 'rollback', owned, reads],
  ['06 00:00', 'trips', 'stage-canary', reads, rung(1)],
  ['07 00:00', 'trips', 'stage-reads', rung(1), reads],
  ['08 16:00', 'users', 'stage-canary', shadow, rung(0)],
  ['20 00:00', 'trips', 'cutover', reads, owned],
);

describe('the figures of a journal that is known', () => {
  const [trips, users, all] = deliveryOf(known, twoWeeks);

  it('are exactly these for a unit', () => {
    // Waited: 2 h, 4 h, 24 h (since the step back), 28 h, 24 h, 24 h.
    expect(trips).toEqual({
      unit: 'trips',
      deployments: 6,
      perWeek: 3,
      leadTimeMs: hours(24),
      failed: 2,
      changeFailureRate: 2 / 6,
      restoreMs: (hours(1) + hours(3)) / 2,
    });
  });

  it('are exactly these for one that was never taken back', () => {
    expect(users).toEqual({
      unit: 'users',
      deployments: 1,
      perWeek: 0.5,
      leadTimeMs: hours(96),
      failed: 0,
      changeFailureRate: 0,
    });
  });

  it('are exactly these for all', () => {
    expect(all).toEqual({
      unit: '*',
      deployments: 7,
      perWeek: 3.5,
      leadTimeMs: hours(24),
      failed: 2,
      changeFailureRate: 2 / 7,
      restoreMs: hours(2),
    });
  });

  it('say nothing of what there was not', () => {
    expect(deliveryOf([], twoWeeks)).toEqual([{ unit: '*', deployments: 0, perWeek: 0, failed: 0 }]);
  });
});
