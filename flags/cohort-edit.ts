import { flagErrors } from './errors.ts';
import { EVERYONE } from './exposure.ts';
import type { Feature, FeatureSet } from './feature-set.ts';
import { cohortFlag, unitFlag } from './flag-names.ts';

/** The set with the unit's gate and cohorts present; what is there already stays as it is. */
export function withUnit(set: FeatureSet, unit: string, cohorts: readonly string[]): FeatureSet {
  const wanted = [gate(unit), ...cohorts.filter((c) => c !== EVERYONE).map((c) => membership(unit, c, []))];
  const known = new Set(set.features.map((feature) => feature.name));
  return { ...set, features: [...set.features, ...wanted.filter((feature) => !known.has(feature.name))] };
}

export function withGate(set: FeatureSet, unit: string, enabled: boolean): FeatureSet {
  return withFeature(withUnit(set, unit, []), { name: unitFlag(unit) }, (feature) => ({ ...feature, enabled }));
}

export function addMembers(set: FeatureSet, unit: string, cohort: string, ids: readonly string[]): FeatureSet {
  refuseEveryone(cohort);
  return withMembers(withUnit(set, unit, [cohort]), unit, cohort, (members) => [...new Set([...members, ...ids])]);
}

export function removeMembers(set: FeatureSet, unit: string, cohort: string, ids: readonly string[]): FeatureSet {
  refuseEveryone(cohort);
  const gone = new Set(ids);
  return withMembers(withUnit(set, unit, [cohort]), unit, cohort, (members) => members.filter((id) => !gone.has(id)));
}

export function membersOf(set: FeatureSet, unit: string, cohort: string): readonly string[] {
  const feature = set.features.find((f) => f.name === cohortFlag(unit, cohort));
  return feature ? (listOf(feature)?.values ?? []) : [];
}

function withMembers(
  set: FeatureSet,
  unit: string,
  cohort: string,
  edit: (members: readonly string[]) => readonly string[],
): FeatureSet {
  return withFeature(set, { name: cohortFlag(unit, cohort) }, (feature) => {
    const list = listOf(feature);
    if (list) return replaceList(feature, list, [...edit(list.values ?? [])]);
    throw flagErrors.error('FLAGS_COHORT_UNKNOWN', {
      message: `${feature.name} is not a list of user ids; expected one strategy with the constraint userId IN […]`,
    });
  });
}

function withFeature(set: FeatureSet, which: { name: string }, edit: (feature: Feature) => Feature): FeatureSet {
  return { ...set, features: set.features.map((feature) => (feature.name === which.name ? edit(feature) : feature)) };
}

type Constraint = NonNullable<Feature['strategies'][number]['constraints']>[number];

function listOf(feature: Feature): Constraint | undefined {
  const constraints = feature.strategies.length === 1 ? feature.strategies[0]?.constraints : undefined;
  return constraints?.find((c) => c.contextName === 'userId' && c.operator === 'IN' && c['inverted'] !== true);
}

function replaceList(feature: Feature, list: Constraint, values: string[]): Feature {
  const strategies = feature.strategies.map((strategy) => ({
    ...strategy,
    ...(strategy.constraints && { constraints: strategy.constraints.map((c) => (c === list ? { ...c, values } : c)) }),
  }));
  return { ...feature, strategies };
}

function refuseEveryone(cohort: string): void {
  if (cohort !== EVERYONE) return;
  throw flagErrors.error('FLAGS_COHORT_UNKNOWN', {
    message: `${EVERYONE} holds every identified subject and has no list of members`,
    fix: 'raise its ceiling by the next canary step, or name another cohort',
  });
}

function gate(unit: string): Feature {
  return {
    name: unitFlag(unit),
    type: 'kill-switch',
    enabled: true,
    strategies: [{ name: 'default', parameters: {} }],
  };
}

function membership(unit: string, cohort: string, values: string[]): Feature {
  const parameters = { rollout: '100', stickiness: 'userId', groupId: unitFlag(unit) };
  const constraints = [{ contextName: 'userId', operator: 'IN', values, inverted: false, caseInsensitive: false }];
  return {
    name: cohortFlag(unit, cohort),
    type: 'release',
    enabled: true,
    strategies: [{ name: 'flexibleRollout', parameters, constraints }],
  };
}
