import type { Feature, Strategy } from './feature-set.ts';

type Constraint = NonNullable<Strategy['constraints']>[number];

/**
 * The members of a cohort whose every strategy is a list: `userId IN […]`. Several lists are one cohort, as strategies of
 * a flag are. Undefined when it is defined in another way.
 */
export function membersIn(feature: Feature): readonly string[] | undefined {
  const lists = feature.strategies.map(listOf);
  if (lists.length === 0 || lists.some((list) => list === undefined)) return undefined;
  return [...new Set(lists.flatMap((list) => list?.values ?? []))];
}

/**
 * The flag with exactly these members. Whoever is in a list stays in it; new members fill the lists up to `listSize`, and
 * further lists are made of the last strategy. Lists that are empty then go, all but one.
 */
export function withMembersIn(feature: Feature, members: readonly string[], listSize = Infinity): Feature {
  const wanted = new Set(members);
  const kept = feature.strategies.map((strategy) => (listOf(strategy)?.values ?? []).filter((id) => wanted.delete(id)));
  const lists = fill(kept, [...wanted], listSize);
  const last = feature.strategies.at(-1);
  const strategies = lists.flatMap((values, i) => {
    const strategy = feature.strategies[i] ?? withoutId(last);
    return strategy ? [withList(strategy, values)] : [];
  });
  return { ...feature, strategies: dropEmpty(strategies) };
}

function fill(lists: readonly string[][], added: readonly string[], size: number): string[][] {
  const rest = [...added];
  const filled = lists.map((list) => [...list, ...rest.splice(0, Math.max(0, size - list.length))]);
  while (rest.length > 0) filled.push(rest.splice(0, size));
  return filled;
}

function dropEmpty(strategies: readonly Strategy[]): Strategy[] {
  const full = strategies.filter((strategy) => (listOf(strategy)?.values ?? []).length > 0);
  return full.length > 0 ? full : strategies.slice(0, 1);
}

function listOf({ constraints = [] }: Strategy): Constraint | undefined {
  return constraints.find((c) => c.contextName === 'userId' && c.operator === 'IN' && c['inverted'] !== true);
}

function withList(strategy: Strategy, values: readonly string[]): Strategy {
  const list = listOf(strategy);
  const { constraints = [] } = strategy;
  return { ...strategy, constraints: constraints.map((c) => (c === list ? { ...c, values: [...values] } : c)) };
}

/** A further list is a strategy of its own: the server names it. */
function withoutId(strategy: Strategy | undefined): Strategy | undefined {
  if (!strategy) return undefined;
  const { id: _, ...copy } = strategy;
  return copy;
}
