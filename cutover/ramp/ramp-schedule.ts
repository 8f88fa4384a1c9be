import { describeStage } from '../stage.ts';
import { closedBecause, isWithinHours, nextOpenMs } from './calendar.ts';
import type { RampPlan } from './ramp-plan.ts';
import type { RampState, RampUnderWay } from './ramp-state.ts';

/** What the schedule says should happen now. Gates and regressions are for whoever carries it out. */
export type RampAction =
  /** `untilMs` is when the next step is expected; absent where that is not a matter of time. */
  | { readonly do: 'wait'; readonly why: string; readonly untilMs?: number }
  /** One rung up; `isRegain`: it was there before, so that no stay is asked for. Gates stand before it as ever. */
  | { readonly do: 'step'; readonly isRegain: boolean }
  /** Down to nobody until the hours begin. */
  | { readonly do: 'night' };

export interface RampContext {
  readonly plan: RampPlan;
  readonly planDigest: string;
  readonly rungs: number;
}

/** The schedule: a function of plan, journal and clock, and of nothing else. */
export function rampAction({ plan, planDigest, rungs }: RampContext, state: RampState, nowMs: number): RampAction {
  if (state.kind === 'off') return wait('no ramp was started');
  if (state.kind === 'paused') return wait(`paused: ${state.why}`);
  const { stage } = state;
  if (stage.name !== 'shadow' && stage.name !== 'canary')
    return wait(`${describeStage(stage)} is not climbed by a ramp`);
  if (stage.name === 'canary' && isNight(plan, state, nowMs)) return { do: 'night' };
  if (state.planDigest !== planDigest)
    return wait('the plan is another one since it was started; see banyan ramp resume');
  const next = stage.name === 'canary' ? stage.rung + 1 : 0;
  if (next >= rungs) return wait('the last rung is reached');
  return climb(plan, state, next, nowMs);
}

export function isTrusted({ nightsUntilTrusted }: RampPlan, { nights }: RampUnderWay): boolean {
  return nights >= nightsUntilTrusted;
}

function isNight(plan: RampPlan, state: RampUnderWay, nowMs: number): boolean {
  return !isTrusted(plan, state) && !isWithinHours(plan, nowMs);
}

function climb(plan: RampPlan, state: RampUnderWay, next: number, nowMs: number): RampAction {
  const isRegain = next <= state.regainTo;
  const stayMs = isRegain || next === 0 ? 0 : plan.minMinutes * 60_000;
  const dueMs = Math.max(state.movedMs + stayMs, state.heldUntilMs);
  const openMs = nextOpenMs(plan, Math.max(dueMs, nowMs));
  if (openMs === undefined) return wait('no day without freeze or holiday is in sight');
  if (openMs <= nowMs) return { do: 'step', isRegain };
  const isEarly = dueMs > nowMs;
  const why = !isEarly ? closedBecause(plan, nowMs) : dueMs === state.heldUntilMs ? 'after a regression' : 'its stay';
  return wait(why, openMs);
}

function wait(why: string, untilMs?: number): RampAction {
  return { do: 'wait', why, ...(untilMs !== undefined && { untilMs }) };
}
