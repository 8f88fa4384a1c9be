import { describe, expect, it } from '@jest/globals';
import type { UnseenWrite } from '../callers/caller-store.ts';
import type { UnseenCallers } from '../callers/caller-watch.ts';
import type { Stage } from '../stage.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import { progressOf, type Progress, type UnitFacts } from './progress.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-22T00:00:00Z');
const ago = (ms: number): string => new Date(NOW - ms).toISOString();
const QUIET: UnseenCallers = { writes: [], unsure: 0, openPercent: 90, since: ago(DAY), lookedAt: ago(1_000) };

interface Made {
  readonly writes?: number;
  readonly tables?: number;
  readonly callers?: UnseenCallers;
  readonly cohorts?: Record<string, string[]>;
  readonly retirement?: UnitFacts['plan']['retirement'];
}

const owners = { owned: 'service', retired: 'service' } as Record<string, 'service'>;

function unit(name: string, stage: Stage, made: Made = {}): UnitFacts {
  const { writes = 1, tables = 1, callers = QUIET, cohorts, retirement } = made;
  const apis = ['read', ...Array<string>(writes).fill('write')].map((access) => ({ access }));
  const legacy = { schema: 'fleet', tables: Array<string>(tables).fill('table') };
  const plan = { apis, dataOwnership: { legacy }, retirement } as unknown as UnitFacts['plan'];
  const rest = { epoch: 1, planDigest: '', changedAt: '', changedBy: '', ...(cohorts && { cohorts }) };
  const record: UnitRecord = { unit: name, stage, owner: owners[stage.name] ?? 'legacy', ...rest };
  const next = stage.name === 'retired' ? {} : { next: { to: 'further', waitsFor: [] } };
  return { plan, record, callers, flags: 2, ...next };
}

function caller(seenAgoMs: number, ...users: string[]): UnseenWrite {
  const seen = ago(seenAgoMs);
  return { table: 'trips', users, transactions: 1, firstSeen: seen, lastSeen: seen };
}

function callersOf(progress: Progress): unknown {
  return progress.units[0]?.callers;
}

describe('what is left of a unit', () => {
  it('is every write and every table while legacy owns its rows', () => {
    const [left] = progressOf([unit('trips', { name: 'reads' }, { writes: 7, tables: 2 })], NOW).units;
    expect(left).toMatchObject({ writes: { left: 7, of: 7 }, tables: { left: 2, of: 2 }, movedKeys: 0, flags: 2 });
  });

  it('counts the keys of every cohort that has gone ahead', () => {
    const cohorts = { beta: ['11', '12'], staff: ['13'] };
    expect(progressOf([unit('trips', { name: 'reads' }, { cohorts })], NOW).units[0]?.movedKeys).toBe(3);
  });

  it('is no write and no table once the service owns its rows, and its flags until it is retired', () => {
    const owned = progressOf([unit('trips', { name: 'owned' }, { writes: 7, tables: 2 })], NOW);
    expect(owned.units[0]).toMatchObject({ writes: { left: 0, of: 7 }, tables: { left: 0, of: 2 }, flags: 2 });
    const retired = progressOf(
      [unit('trips', { name: 'retired' }, { callers: { ...QUIET, writes: [caller(1)] } })],
      NOW,
    );
    expect(retired.units[0]).toMatchObject({ flags: 0, callers: { users: [], isWatched: true } });
    expect([retired.total.units, retired.next]).toEqual([{ left: 0, of: 1 }, undefined]);
  });

  it('are its callers, each once', () => {
    const writes = [caller(3, 'cron@a'), caller(2, 'cron@a'), caller(1, 'cron@a', 'ops@b'), caller(1)];
    const callers = { ...QUIET, writes };
    expect(callersOf(progressOf([unit('trips', { name: 'reads' }, { callers })], NOW))).toEqual({
      users: ['cron@a', 'cron@a, ops@b', 'unknown'],
      isWatched: true,
    });
  });

  it('is no caller who has been quiet for as long as the plan wants it', () => {
    const callers = { ...QUIET, writes: [caller(29 * DAY, 'new@a'), caller(31 * DAY, 'old@a')] };
    const retirement = { quietDays: 30, callers: [] };
    const names = (made: Made): unknown => callersOf(progressOf([unit('trips', { name: 'owned' }, made)], NOW));
    expect(names({ callers, retirement })).toMatchObject({ users: ['new@a'] });
    expect(names({ callers })).toMatchObject({ users: ['new@a', 'old@a'] });
  });

  it.each<[string, Partial<UnseenCallers>]>([
    ['nobody has looked for a minute', { lookedAt: ago(60_001) }],
    ['nobody has looked since the start', { openPercent: null }],
    ['writes through the edges hid all others', { openPercent: 0 }],
  ])('is not told of callers while %s', (_, blind) => {
    const callers = { ...QUIET, ...blind };
    expect(callersOf(progressOf([unit('trips', { name: 'reads' }, { callers })], NOW))).toEqual({
      users: [],
      isWatched: false,
    });
  });
});

describe('a migration of several units', () => {
  const units = [
    unit('archive', { name: 'retired' }),
    unit('bills', { name: 'owned' }),
    unit('drivers', { name: 'shadow' }, { tables: 3 }),
    unit('ratings', { name: 'shadow' }),
    unit('places', { name: 'shadow' }),
    unit('trips', { name: 'canary', rung: 1 }),
    unit('users', { name: 'canary', rung: 2 }),
  ];
  const order = ['users', 'trips', 'places', 'ratings', 'drivers', 'bills', 'archive'];

  it.each([
    ['as they come', units],
    ['the other way round', units.toReversed()],
  ])('finishes what has begun, then the smaller one, then retires: %s', (_, facts) => {
    const progress = progressOf(facts, NOW);
    expect(progress.units.map((line) => line.unit)).toEqual(order);
    expect(progress.next).toBe('users');
  });

  it('retires when every row has moved', () => {
    const moved = [unit('archive', { name: 'retired' }), unit('bills', { name: 'owned' })];
    expect(progressOf(moved, NOW).next).toBe('bills');
  });

  it('sums what is left, and a caller of two units is one', () => {
    const callers = { ...QUIET, writes: [caller(1, 'cron@a')] };
    const { total } = progressOf(
      [
        unit('bills', { name: 'owned' }, { writes: 4, tables: 2, callers }),
        unit('trips', { name: 'reads' }, { writes: 7, tables: 3, callers, cohorts: { beta: ['11'] } }),
        unit('archive', { name: 'retired' }),
      ],
      NOW,
    );
    expect(total).toEqual({
      units: { left: 2, of: 3 },
      writes: { left: 7, of: 12 },
      movedKeys: 1,
      tables: { left: 3, of: 6 },
      callers: { users: ['cron@a'], isWatched: true },
      flags: 4,
    });
  });

  it('does not sum what is not known of each', () => {
    const { flags: _, ...silent } = unit('trips', { name: 'reads' }, { callers: { ...QUIET, openPercent: null } });
    const { total } = progressOf([silent, unit('users', { name: 'reads' })], NOW);
    expect(total).toMatchObject({ callers: { isWatched: false } });
    expect(total).not.toHaveProperty('flags');
  });
});
