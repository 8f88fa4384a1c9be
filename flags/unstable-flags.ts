interface Drawable {
  readonly name: string;
  readonly strategies?: readonly { readonly name: string; readonly parameters?: unknown }[];
}

/**
 * Names of flags whose answer is drawn anew on each call. A rollout is stable or it is nothing, so such flags count
 * as off and are reported.
 */
export function unstableFlags(features: readonly Drawable[]): Set<string> {
  return new Set(features.filter((f) => f.strategies?.some(drawsLots)).map((f) => f.name));
}

function drawsLots(strategy: { readonly name: string; readonly parameters?: unknown }): boolean {
  if (strategy.name === 'gradualRolloutRandom') return true;
  const parameters = strategy.parameters as { stickiness?: unknown } | undefined;
  return strategy.name === 'flexibleRollout' && parameters?.stickiness === 'random';
}
