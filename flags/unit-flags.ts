import { EVERYONE } from './exposure.ts';
import type { Feature } from './feature-set.ts';
import { cohortFlag, unitFlag } from './flag-names.ts';

/** The flags a unit needs, as they are made: its gate, on for everybody, and each cohort of its ladder, empty. */
export function flagsOfUnit(unit: string, cohorts: readonly string[]): Feature[] {
  return [gate(unit), ...cohorts.filter((cohort) => cohort !== EVERYONE).map((cohort) => membership(unit, cohort))];
}

function gate(unit: string): Feature {
  return {
    name: unitFlag(unit),
    type: 'kill-switch',
    enabled: true,
    strategies: [{ name: 'default', parameters: {} }],
  };
}

function membership(unit: string, cohort: string): Feature {
  const parameters = { rollout: '100', stickiness: 'userId', groupId: unitFlag(unit) };
  const constraints = [{ contextName: 'userId', operator: 'IN', values: [], inverted: false, caseInsensitive: false }];
  return {
    name: cohortFlag(unit, cohort),
    type: 'release',
    enabled: true,
    strategies: [{ name: 'flexibleRollout', parameters, constraints }],
  };
}
