import type { Decision } from '../decide/decide.ts';
import type { Journey } from '../journey.ts';

/** The `x-banyan-*` headers that say where a request went and why, and what that was concluded from, flat. */
export function explain(journey: Journey, decision: Decision): string[] {
  const { route, state, bucket } = journey;
  const headers = ['x-banyan-target', decision.target, 'x-banyan-reason', decision.reason];
  if (route === undefined || state === undefined) return headers;
  headers.push('x-banyan-unit', route.unit, 'x-banyan-stage', state.stage, 'x-banyan-epoch', String(state.epoch));
  headers.push('x-banyan-flags', route.gate.flags.revision());
  if (bucket !== undefined) headers.push('x-banyan-bucket', String(bucket));
  return headers;
}
