import type { Plan } from '../plan/plan.ts';
import type { UnitRecord } from './unit-record.ts';

/** For how long a unit has stood where it is, and whether that is longer than its plan allows. */
export interface Standstill {
  readonly unchangedMs: number;
  readonly isStalled: boolean;
}

const DAY_MS = 86_400_000;

/** An extraction is under way from its first step until it is retired; outside of that nothing can stall. */
export function standstillOf({ stall }: Pick<Plan, 'stall'>, record: UnitRecord, nowMs: number): Standstill {
  const unchangedMs = Math.max(0, nowMs - Date.parse(`${record.changedAt.replace(' ', 'T')}Z`));
  const isUnderWay = record.stage.name !== 'legacy' && record.stage.name !== 'retired';
  return { unchangedMs, isStalled: isUnderWay && stall !== undefined && unchangedMs > stall.afterDays * DAY_MS };
}
