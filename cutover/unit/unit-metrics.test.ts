import { describe, expect, it } from '@jest/globals';
import { createMetrics } from '../../shared/index.ts';
import { registerUnitMetrics } from './unit-metrics.ts';
import type { UnitOverview } from './unit-overview.ts';
import type { UnitRecord } from './unit-record.ts';

const record: UnitRecord = {
  unit: 'trips',
  stage: { name: 'reads' },
  owner: 'legacy',
  epoch: 7,
  planDigest: 'd',
  changedAt: '',
  changedBy: 'ops',
};
const forward = { ageMs: 90_000, rows: 500, wrong: 2, irreversible: 0, notVerified: 3, coverage: 99.5 };

async function metricsOf(...answers: readonly (() => Promise<readonly UnitOverview[]>)[]): Promise<string[]> {
  const registry = createMetrics();
  let asked = 0;
  registerUnitMetrics(registry, () => answers[asked++]?.() ?? Promise.reject(new Error('asked once more')));
  const texts: string[] = [];
  for (const _ of answers) texts.push(await registry.metrics());
  return texts;
}

describe('unit metrics', () => {
  it('say where a unit is, what was found of it and who waits, from one look', async () => {
    const [text = ''] = await metricsOf(async () => [
      {
        record,
        verified: { forward },
        waits: { hold: 4, ownWrite: 1 },
        standstill: { unchangedMs: 5_000, isStalled: true },
      },
    ]);
    const lines = [
      'epoch{unit="trips"} 7',
      'owner{unit="trips",owner="legacy"} 1',
      'owner{unit="trips",owner="service"} 0',
      'stage{unit="trips",stage="reads"} 1',
      'unchanged_seconds{unit="trips"} 5',
      'stalled{unit="trips"} 1',
      'waiting_requests{unit="trips",reason="hold"} 4',
      'waiting_requests{unit="trips",reason="own-write"} 1',
      'verification_age_seconds{unit="trips",direction="forward"} 90',
      'verification_coverage_ratio{unit="trips",direction="forward"} 0.995',
      'verification_rows{unit="trips",direction="forward"} 500',
      'verification_wrong_rows{unit="trips",direction="forward"} 2',
      'verification_not_verified_rows{unit="trips",direction="forward"} 3',
    ];
    for (const line of lines) expect(text).toContain(`banyan_unit_${line}\n`);
  });

  it('forget the stage a unit has left, and leave out what nobody can tell', async () => {
    const owned: UnitRecord = { ...record, stage: { name: 'owned' }, owner: 'service', epoch: 9 };
    const [, later = '', blind = ''] = await metricsOf(
      async () => [{ record, verified: { forward }, waits: { hold: 0, ownWrite: 0 } }],
      async () => [{ record: owned, verified: {} }],
      () => Promise.reject(new Error('the control database is away')),
    );
    expect(later.match(/^banyan_unit_\w+\{.*$/gm)).toEqual([
      'banyan_unit_epoch{unit="trips"} 9',
      'banyan_unit_owner{unit="trips",owner="legacy"} 0',
      'banyan_unit_owner{unit="trips",owner="service"} 1',
      'banyan_unit_stage{unit="trips",stage="owned"} 1',
    ]);
    expect(blind).not.toMatch(/^banyan_unit_\w+\{/m);
  });
});
