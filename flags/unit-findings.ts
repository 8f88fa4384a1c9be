import { membersIn } from './cohort-list.ts';
import type { Feature, FeatureSet, Strategy } from './feature-set.ts';
import { flagsOfUnit } from './unit-flags.ts';
import { unitFlag } from './flag-names.ts';
import { unstableFlags } from './unstable-flags.ts';

/** Something about a unit's flags that whoever reads the plan would not expect. Shown; nothing corrects it by itself. */
export interface FlagFinding {
  readonly flag: string;
  /** `missing` and `unstable` flags count as off; `narrower` ones reach fewer users than meant, `wider` ones more. */
  readonly kind: 'missing' | 'unstable' | 'off' | 'narrower' | 'wider' | 'other';
  readonly is: string;
  readonly fix: string;
}

/** Compares the flags a unit needs with those that are there. `wider` still ends at the rung the unit is on. */
export function findingsOn(set: FeatureSet, unit: string, cohorts: readonly string[]): FlagFinding[] {
  const unstable = unstableFlags(set.features);
  return flagsOfUnit(unit, cohorts).flatMap(({ name }) => {
    const feature = set.features.find((candidate) => candidate.name === name);
    const found = judge(unit, name, feature, unstable);
    return found ? [{ flag: name, ...found }] : [];
  });
}

type Found = Omit<FlagFinding, 'flag'>;

function judge(unit: string, name: string, feature: Feature | undefined, unstable: Set<string>): Found | undefined {
  if (!feature) return { kind: 'missing', is: 'not there: it counts as off', fix: `banyan flags create ${unit}` };
  if (unstable.has(name)) return { kind: 'unstable', is: 'drawn anew on each call: it counts as off', fix: STICKY };
  if (name === unitFlag(unit)) return judgeGate(unit, feature);
  return feature.enabled ? judgeCohort(feature) : { kind: 'off', is: 'off: it has no members', fix: 'switch it on' };
}

const STICKY = 'let its rollout stick to the userId';

function judgeGate(unit: string, { enabled, strategies }: Feature): Found | undefined {
  if (!enabled) return { kind: 'off', is: 'off: the unit is killed', fix: `banyan kill ${unit} --undo` };
  if (strategies.length === 0 || strategies.some(isForEverybody)) return undefined;
  return { kind: 'narrower', is: 'on for some users only', fix: 'give it one strategy for everybody' };
}

function judgeCohort(feature: Feature): Found | undefined {
  const { strategies } = feature;
  if (strategies.length === 0 || strategies.some(isForEverybody))
    return { kind: 'wider', is: 'everybody is a member', fix: 'give it a strategy with userId IN […]' };
  if (!membersIn(feature))
    return { kind: 'other', is: 'its members are not a list of ids: `banyan cohort` cannot change them', fix: '' };
  if (strategies.every((strategy) => !isPartial(strategy) && !isRestricted(strategy))) return undefined;
  return { kind: 'narrower', is: 'not everybody on its list is a member', fix: 'let each list be all of its strategy' };
}

function isForEverybody(strategy: Strategy): boolean {
  const { constraints = [], segments = [] } = strategy;
  return constraints.length === 0 && segments.length === 0 && isRollout(strategy) && !isPartial(strategy);
}

function isRollout({ name }: Strategy): boolean {
  return name === 'default' || name === 'flexibleRollout';
}

function isPartial({ name, parameters }: Strategy): boolean {
  return name === 'flexibleRollout' && Number(parameters?.['rollout'] ?? 0) < 100;
}

/** There is more to it than the list itself. */
function isRestricted(strategy: Strategy): boolean {
  const { constraints = [], segments = [] } = strategy;
  return constraints.length > 1 || segments.length > 0 || !isRollout(strategy);
}
