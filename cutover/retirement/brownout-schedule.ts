import type { BrownoutOrder } from '../../edge/index.ts';
import type { RetirementPlan } from './retirement-plan.ts';

/** A brownout under way, as it stands in the unit's record and is told to the edges. */
export interface BrownoutRecord extends BrownoutOrder {
  /** Index of its step in the plan. */
  readonly step: number;
  /** Milliseconds since the epoch. */
  readonly startedMs: number;
}

export type BrownoutSteps = NonNullable<RetirementPlan['brownout']>;

/** Which step is due so long after the beginning; `over` after the last. */
export function stepAfter(steps: BrownoutSteps, elapsedMs: number): number | 'over' {
  let untilMs = 0;
  for (const [index, { minutes }] of steps.entries()) {
    untilMs += minutes * 60_000;
    if (elapsedMs < untilMs) return index;
  }
  return 'over';
}

/** The order of one step. */
export function orderOf(
  { brownout = [], callers }: RetirementPlan,
  { id, startedMs, step }: Pick<BrownoutRecord, 'id' | 'startedMs' | 'step'>,
): BrownoutRecord {
  const { slowMs, status } = brownout[step] ?? {};
  return {
    id,
    startedMs,
    step,
    callers,
    ...(slowMs !== undefined && { slowMs }),
    ...(status !== undefined && { status }),
  };
}

export function describeBrownout({ slowMs, status }: Pick<BrownoutOrder, 'slowMs' | 'status'>): string {
  return status === undefined ? `${slowMs ?? 0} ms slower` : String(status);
}
