import type { Decision } from '../decide/decide.ts';
import type { UnitState } from '../decide/unit-state.ts';

/** The `x-banyan-*` headers that say where a request went and why, flat. */
export function explain(decision: Decision, unit: string | undefined, state: UnitState | undefined): string[] {
  const headers = ['x-banyan-target', decision.target, 'x-banyan-reason', decision.reason];
  if (unit === undefined || state === undefined) return headers;
  headers.push('x-banyan-unit', unit, 'x-banyan-stage', state.stage, 'x-banyan-epoch', String(state.epoch));
  return headers;
}
