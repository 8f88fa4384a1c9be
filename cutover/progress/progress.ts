import type { Plan } from '../plan/plan.ts';
import { isForwards } from '../stage.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import { leftOf, sumOf, type Left, type Tally, type UnitEvidence } from './left.ts';
import type { NextStep } from './next-step.ts';

export interface UnitFacts extends UnitEvidence {
  readonly plan: Pick<Plan, 'apis' | 'dataOwnership' | 'retirement'>;
  readonly record: UnitRecord;
  /** Absent for a unit that is retired. */
  readonly next?: NextStep;
}

export interface UnitProgress extends Left {
  readonly unit: string;
  readonly next?: NextStep;
}

/** How far a migration is as a whole; travels as JSON. */
export interface Progress {
  /** In the order in which they are to move on. */
  readonly units: readonly UnitProgress[];
  /** Units that are not retired, and what is left of all of them together. */
  readonly total: Left & { readonly units: Tally };
  /** The unit to move next; absent when all are retired. */
  readonly next?: string;
}

/**
 * What is left over all units, and in which order they stand: what has begun is finished first. So of those whose rows
 * legacy owns the one that is furthest comes first, of two as far the smaller one; then those that wait to be retired; then
 * those that are. No unit waits for another: two that share a table or a route are refused when the plans are read.
 */
export function progressOf(facts: readonly UnitFacts[], nowMs: number): Progress {
  const units = facts.toSorted(byTurn).map(({ plan, record, next, ...evidence }) => ({
    unit: record.unit,
    ...leftOf(plan, record, evidence, nowMs),
    ...(next && { next }),
  }));
  const left = units.filter(({ next }) => next !== undefined);
  const total = { units: { left: left.length, of: units.length }, ...sumOf(units) };
  const [first] = left;
  return { units, total, ...(first && { next: first.unit }) };
}

function byTurn(a: UnitFacts, b: UnitFacts): number {
  return (
    groupOf(a) - groupOf(b) ||
    Number(isForwards(a.record.stage, b.record.stage)) - Number(isForwards(b.record.stage, a.record.stage)) ||
    sizeOf(a) - sizeOf(b) ||
    (a.record.unit < b.record.unit ? -1 : 1)
  );
}

function groupOf({ record }: UnitFacts): number {
  if (record.stage.name === 'retired') return 2;
  return record.stage.name === 'owned' ? 1 : 0;
}

function sizeOf({ plan }: UnitFacts): number {
  return plan.apis.length + plan.dataOwnership.legacy.tables.length;
}
