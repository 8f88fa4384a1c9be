import type { Problem } from '../../shared/index.ts';
import type { Plan } from '../plan/plan.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import { digestOf } from './configuration-file.ts';
import type { Declaration } from './declaration.ts';

/** The parts of a plan that running edges can take up: routes, targets, limits and rules of comparison, and what only people read. */
function withoutReloadable(plan: Plan): object {
  const {
    apis: _a,
    dependents: _d,
    limits: _l,
    owner: _o,
    responsibilities: _r,
    comparison: _c,
    disposable: _t,
    ...others
  } = plan;
  const { service, ...rest } = others;
  const { name, database, answers, dryRunUser } = service;
  // Who compares effects has to have seen what legacy writes.
  const rehearses = plan.apis.some(({ shadow }) => shadow === 'dry-run') || undefined;
  return { ...rest, rehearses, service: { name, database, answers, dryRunUser } };
}

/**
 * A digest of what only a restart can change. Processes that keep a unit between them must agree on this much; it does not
 * depend on what the environment filled in.
 */
export function fixedDigestOf(plan: Plan): string {
  const { service: _s, ...rest } = withoutReloadable(plan) as { service: object };
  return digestOf(JSON.stringify(rest));
}

/** What a reload cannot do; all of it. */
export function restartsNeeded(before: Declaration, after: Declaration): Problem[] {
  const was = new Map(before.units.map(({ plan }) => [plan.unit, plan]));
  const is = new Map(after.units.map(({ plan }) => [plan.unit, plan]));
  return [
    ...[...is.keys()].filter((unit) => !was.has(unit)).map((unit) => needsRestart(unit, 'new')),
    ...[...was.keys()].filter((unit) => !is.has(unit)).map((unit) => needsRestart(unit, 'gone')),
    ...[...is].flatMap(([unit, plan]) => fixedParts(unit, was.get(unit), plan)),
  ];
}

function fixedParts(unit: string, before: Plan | undefined, after: Plan): Problem[] {
  if (!before) return [];
  const [was, is] = [withoutReloadable(before), withoutReloadable(after)];
  const keys = Object.keys({ ...was, ...is });
  const changed = keys.filter((key) => JSON.stringify(Reflect.get(was, key)) !== JSON.stringify(Reflect.get(is, key)));
  return changed.map((key) => needsRestart(`${unit}: ${key}`, 'another one'));
}

function needsRestart(subject: string, value: string): Problem {
  return {
    subject,
    value,
    expected: 'to stay as it is while Banyan runs',
    fix: 'take it back, or restart all processes with it',
  };
}

/** Routes of a unit that only its service can answer: legacy no longer owns their rows. */
export function lostRoutes(
  before: Declaration,
  after: Declaration,
  recordOf: (unit: string) => Pick<UnitRecord, 'owner' | 'cohorts'> | undefined,
): Problem[] {
  const left = new Set(after.units.flatMap(({ plan }) => routesOf(plan)));
  const owned = before.units.filter(({ plan }) => ownsRows(recordOf(plan.unit)));
  const lost = owned.flatMap(({ plan }) => routesOf(plan).filter((route) => !left.has(route)));
  return lost.map((route) => ({
    subject: route,
    value: 'gone',
    expected: 'to stay while the service owns the rows: legacy would answer it',
    fix: 'put it back, or roll the unit back first',
  }));
}

function ownsRows(record: Pick<UnitRecord, 'owner' | 'cohorts'> | undefined): boolean {
  return record?.owner === 'service' || record?.cohorts !== undefined;
}

function routesOf({ unit, apis }: Plan): string[] {
  return apis.map(({ method, path }) => `${unit}: ${method} ${path}`);
}
