import { describe, expect, it } from '@jest/globals';
import type { Left, Progress, UnitProgress } from '../cutover/index.ts';
import { progressText } from './progress-text.ts';

const gate = (name: string, verdict: 'fail' | 'inconclusive') => ({
  gate: name,
  verdict,
  value: '',
  limit: '',
  next: '',
});
const LEFT: Left = {
  writes: { left: 7, of: 7 },
  movedKeys: 0,
  tables: { left: 2, of: 2 },
  callers: { users: ['cron@a'], isWatched: true },
  flags: 2,
};
const waitsFor = [gate('verification', 'fail'), gate('rehearsal', 'inconclusive'), gate('reverse', 'fail')];
const TRIPS: UnitProgress = { ...LEFT, unit: 'trips', movedKeys: 1_000, next: { to: 'canary rung 3', waitsFor } };
const USERS: UnitProgress = { ...LEFT, unit: 'users', next: { to: 'retired', waitsFor: [] } };

function progressWith(units: readonly UnitProgress[], total: Partial<Progress['total']> = {}): Progress {
  const left = units.filter(({ next }) => next !== undefined);
  const sums = { ...LEFT, units: { left: left.length, of: units.length }, ...total };
  return { units, total: sums, ...(left[0] && { next: left[0].unit }) };
}

const linesOf = (progress: Progress, only?: string): string[] => progressText(progress, only).split('\n');

describe('what is left of a migration', () => {
  it('is a line per unit in their order, and all of it in one', () => {
    const lines = linesOf(progressWith([TRIPS, USERS]));
    expect(lines.map((line) => line.split(/ {2,}/).join('|'))).toEqual([
      'UNIT|NEXT|WRITES|KEYS MOVED|TABLES|CALLERS|FLAGS|WAITS FOR',
      'trips|canary rung 3|7 of 7|1000|2 of 2|1|2|verification, rehearsal? +1',
      'users|retired|7 of 7|-|2 of 2|1|2|nothing',
      '',
      '2 of 2 units left: 7 of 7 writes, 2 of 2 tables, 1 caller, 2 flags',
      'next: trips to canary rung 3; banyan stage trips shows what it waits for',
    ]);
  });

  it('has room in a hundred columns', () => {
    const busy = { ...TRIPS, unit: 'drivers', callers: { users: ['a', 'b'], isWatched: false } };
    expect(Math.max(...linesOf(progressWith([busy, USERS])).map(({ length }) => length))).toBeLessThanOrEqual(100);
  });

  it('of one unit is its line, and still the sum of all', () => {
    const lines = linesOf(progressWith([TRIPS, USERS]), 'users');
    expect(lines.filter((line) => line.startsWith('trips'))).toEqual([]);
    expect(lines[3]).toMatch(/^2 of 2 units left/);
  });

  it.each([
    [{ users: [], isWatched: false }, 'unknown callers'],
    [{ users: ['a'], isWatched: false }, '1 or more callers'],
    [{ users: [], isWatched: true }, '0 callers'],
    [{ users: ['a'], isWatched: true }, '1 caller'],
  ])('says of callers what is known: %j', (callers, said) => {
    const lines = linesOf(progressWith([USERS], { callers }));
    expect(lines[3]).toContain(`, ${said}, 2 flags`);
  });

  it('says when nobody knows the flags', () => {
    const { flags: _, ...unknown } = LEFT;
    const { flags: __, ...total } = progressWith([USERS]).total;
    const progress = { ...progressWith([{ ...unknown, unit: 'users' }]), total };
    expect(progressText(progress)).toContain('unknown flags');
  });

  it('names the way to look at a retirement, and nothing once all are retired', () => {
    expect(linesOf(progressWith([USERS])).at(-1)).toMatch(/^next: users to retired; banyan retire users --dry-run/);
    const { next: _, ...over } = USERS;
    expect(linesOf(progressWith([over])).slice(1)).toEqual([
      expect.stringMatching(/^users {2}- /),
      '',
      'nothing is left of 1 unit',
    ]);
  });
});
