import type { Dependency, Feature } from './feature-set.ts';

/**
 * Names of flags whose answer is drawn anew on each call, by themselves or through a flag they depend on. A rollout is
 * stable or it is nothing, so such flags count as off and are reported.
 */
export function unstableFlags(features: readonly Feature[]): Set<string> {
  const byName = new Map(features.map((feature) => [feature.name, feature]));
  const isUnstable = (feature: Feature): boolean =>
    hasLottery(feature) || (feature.dependencies ?? []).some((link) => isUnstableLink(byName.get(link.feature), link));
  return new Set(features.filter(isUnstable).map(({ name }) => name));
}

function hasLottery({ strategies }: Feature): boolean {
  return strategies.some(({ name, parameters }) => {
    if (name === 'gradualRolloutRandom') return true;
    return name === 'flexibleRollout' && parameters?.['stickiness'] === 'random';
  });
}

/** Which variant somebody gets is drawn when it sticks to something that a subject may not have. */
function isUnstableLink(parent: Feature | undefined, { variants = [] }: Dependency): boolean {
  if (parent === undefined) return false;
  return hasLottery(parent) || (variants.length > 0 && stickinessOf(parent).some((by) => !STABLE.has(by)));
}

const STABLE = new Set(['default', 'userId']);

function stickinessOf({ strategies, variants }: Feature): string[] {
  const all = [...(variants ?? []), ...strategies.flatMap((strategy) => strategy.variants ?? [])];
  return all.map(({ stickiness = 'default' }) => stickiness);
}
