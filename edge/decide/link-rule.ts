import type { Caller } from '../identify/caller.ts';
import type { UnitGate } from './unit-gate.ts';
import type { Side } from './unit-state.ts';

/**
 * False while a login would take somebody back: in some unit the visitor is at the service and the user's own bucket is
 * still above the ceiling. A gate that is closed to the user counts at once, and so does a cohort they are in. False as
 * well while something the visitor wrote is not visible on both sides: after the link nobody would look for it.
 */
export function mayLink(gates: Iterable<UnitGate>, visitor: Caller, person: Caller): boolean {
  for (const gate of gates) if (takesBack(gate, visitor, person) || !hasApplied(gate, visitor)) return false;
  return true;
}

function takesBack(gate: UnitGate, visitor: Caller, person: Caller): boolean {
  const { state } = gate;
  if (state?.stage !== 'canary') return false;
  const nowMs = gate.clock.now();
  if (!visitor.standing(gate, state.ceilings, nowMs).exposure.exposed) return false;
  const { exposure } = person.standing(gate, state.ceilings, nowMs);
  return !exposure.exposed && exposure.reason === 'above-ceiling';
}

function hasApplied({ markers, isFrozen }: UnitGate, { subject }: Caller): boolean {
  const isVisible = (side: Side): boolean => markers.isApplied(subject.id, undefined, side);
  return !isFrozen && isVisible('legacy') && isVisible('service');
}
