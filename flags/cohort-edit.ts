import { membersIn, withMembersIn } from './cohort-list.ts';
import { flagErrors } from './errors.ts';
import { EVERYONE } from './exposure.ts';
import type { Feature, FeatureSet } from './feature-set.ts';
import { cohortFlag, unitFlag } from './flag-names.ts';
import { flagsOfUnit } from './unit-flags.ts';

/** How a list of members becomes another. */
export type MemberEdit = (members: readonly string[]) => readonly string[];

export function adding(ids: readonly string[]): MemberEdit {
  return (members) => [...new Set([...members, ...ids])];
}

export function removing(ids: readonly string[]): MemberEdit {
  const gone = new Set(ids);
  return (members) => members.filter((id) => !gone.has(id));
}

/** The set with the unit's gate and cohorts present; what is there already stays as it is. */
export function withUnit(set: FeatureSet, unit: string, cohorts: readonly string[]): FeatureSet {
  const known = new Set(set.features.map(({ name }) => name));
  const missing = flagsOfUnit(unit, cohorts).filter(({ name }) => !known.has(name));
  return { ...set, features: [...set.features, ...missing] };
}

export function withGate(set: FeatureSet, unit: string, enabled: boolean): FeatureSet {
  return withFeature(withUnit(set, unit, []), unitFlag(unit), (feature) => ({ ...feature, enabled }));
}

export function withCohort(set: FeatureSet, unit: string, cohort: string, edit: MemberEdit): FeatureSet {
  refuseEveryone(cohort);
  const name = cohortFlag(unit, cohort);
  return withFeature(withUnit(set, unit, [cohort]), name, (feature) => editedCohort(feature, edit));
}

export function membersOf({ features }: FeatureSet, unit: string, cohort: string): readonly string[] {
  const feature = features.find(({ name }) => name === cohortFlag(unit, cohort));
  return (feature && membersIn(feature)) ?? [];
}

/** The cohort's flag with other members. Refused where it is no list: nobody knows what else was meant by it. */
export function editedCohort(feature: Feature, edit: MemberEdit, listSize?: number): Feature {
  const members = membersIn(feature);
  if (members) return withMembersIn(feature, edit(members), listSize);
  throw flagErrors.error('FLAGS_COHORT_UNKNOWN', {
    message: `${feature.name} is not a list of user ids; expected strategies with the constraint userId IN […]`,
  });
}

export function refuseEveryone(cohort: string): void {
  if (cohort !== EVERYONE) return;
  throw flagErrors.error('FLAGS_COHORT_UNKNOWN', {
    message: `${EVERYONE} holds every identified subject and has no list of members`,
    fix: 'raise its ceiling by the next canary step, or name another cohort',
  });
}

function withFeature(set: FeatureSet, name: string, edit: (feature: Feature) => Feature): FeatureSet {
  return { ...set, features: set.features.map((feature) => (feature.name === name ? edit(feature) : feature)) };
}
