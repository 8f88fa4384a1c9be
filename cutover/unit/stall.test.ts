import { describe, expect, it } from '@jest/globals';
import type { StageName } from '../stage.ts';
import { standstillOf } from './stall.ts';
import type { UnitRecord } from './unit-record.ts';

const now = Date.parse('2026-11-22T00:00:00.000Z');
const plan = { stall: { afterDays: 14 } };

function changed(changedAt: string, name: Exclude<StageName, 'canary'> = 'reads'): UnitRecord {
  const rest = { unit: 'trips', owner: 'legacy', epoch: 7, planDigest: 'd', changedBy: 'ops' } as const;
  return { ...rest, stage: { name }, changedAt };
}

describe('a unit that nobody moves', () => {
  it.each([
    ['2026-11-08 00:00:00.001', false],
    ['2026-11-07 23:59:59.999', true],
  ])('is stalled once it has not changed for longer than its plan says: since %s %s', (at, isStalled) => {
    expect(standstillOf(plan, changed(at), now).isStalled).toBe(isStalled);
  });

  it('says for how long it has stood, and is never stalled without a limit', () => {
    expect(standstillOf({}, changed('2026-01-01 00:00:00.000'), now)).toEqual({
      unchangedMs: 325 * 86_400_000,
      isStalled: false,
    });
  });

  it.each(['legacy', 'retired'] as const)('is not stalled at %s, where it may stay', (stage) => {
    expect(standstillOf(plan, changed('2026-01-01 00:00:00.000', stage), now).isStalled).toBe(false);
  });

  it('has not stood for less than nothing when the clocks of the servers differ', () => {
    expect(standstillOf(plan, changed('2026-11-22 00:00:01.000'), now).unchangedMs).toBe(0);
  });
});
