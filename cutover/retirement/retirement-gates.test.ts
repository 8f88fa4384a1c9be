import { expect, it } from '@jest/globals';
import type { UnseenCallers } from '../callers/caller-watch.ts';
import type { LegacyUse } from './legacy-use.ts';
import type { RetirementPlan } from './retirement-plan.ts';
import { retirementGates } from './retirement-gates.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-22T00:00:00Z');
const ago = (ms: number): string => new Date(NOW - ms).toISOString();
const watched = { since: ago(20 * DAY), lookedAt: ago(1_000) };
const CALLERS: UnseenCallers = { writes: [], unsure: 0, openPercent: 100, ...watched };
const USE: LegacyUse = { routes: [], ...watched };
const write = (ms: number) => ({ table: 'trips', users: [], transactions: 1, firstSeen: ago(ms), lastSeen: ago(ms) });
const route = (ms: number) => ({ route: 'GET /api/old', requests: 3, lastSeen: ago(ms) });

interface Facts {
  readonly callers?: UnseenCallers;
  readonly use?: LegacyUse;
  readonly parked?: number | undefined;
  readonly ownedMs?: number;
  readonly brownouts?: number;
}

const FACTS = { callers: CALLERS, use: USE, parked: 0, ownedMs: 15 * DAY, brownouts: 0 };
const PLAN: RetirementPlan = { quietDays: 14, callers: [] };

function verdicts(facts: Facts, plan = PLAN): string[] {
  const { callers, use, parked, ownedMs, brownouts } = { ...FACTS, ...facts };
  const gates = retirementGates({ unit: 'trips', ownedMs, brownouts }, plan, { callers, use, parked }, NOW);
  return gates.map(({ gate, verdict }) => `${gate} ${verdict}`);
}

const PASS = ['owned pass', 'legacy requests pass', 'unseen writes pass', 'parked pass'];

it('lets a unit go that nobody used legacy for in all the time', () => expect(verdicts({})).toEqual(PASS));

it('lets old uses be old', () =>
  expect(
    verdicts({ callers: { ...CALLERS, writes: [write(15 * DAY)] }, use: { ...USE, routes: [route(14 * DAY)] } }),
  ).toEqual(PASS));

it.each([
  ['owned for too short a time', { ownedMs: 13 * DAY }, 'owned fail'],
  ['a route that was asked for', { use: { ...USE, routes: [route(13 * DAY)] } }, 'legacy requests fail'],
  ['a write that nobody explains', { callers: { ...CALLERS, writes: [write(1_000)] } }, 'unseen writes fail'],
  ['changes that wait', { parked: 2 }, 'parked fail'],
])('keeps the way back for %s', (_, facts, verdict) => expect(verdicts(facts)).toContain(verdict));

it.each([
  ['requests nobody watched', { use: { routes: [] } }, 'legacy requests inconclusive'],
  ['writes watched for too short', { callers: { ...CALLERS, since: ago(DAY) } }, 'unseen writes inconclusive'],
  ['requests no longer watched', { use: { ...USE, lookedAt: ago(2 * 60_000) } }, 'legacy requests inconclusive'],
  ['a park that does not answer', { parked: undefined }, 'parked inconclusive'],
])('never takes for nothing: %s', (_, facts, verdict) => expect(verdicts(facts)).toContain(verdict));

it.each([
  [0, 'brownout fail'],
  [1, 'brownout pass'],
])('wants the brownout that the plan has: %i went through', (brownouts, verdict) => {
  const plan = { ...PLAN, brownout: [{ status: 503 as const, minutes: 30 }] };
  expect(verdicts({ brownouts }, plan)).toContain(verdict);
});
