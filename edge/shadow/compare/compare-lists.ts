import type { CompiledRule } from '../rules/compiled-rule.ts';
import { EACH } from '../rules/field-path.ts';
import type { PathState } from '../rules/path-state.ts';
import {
  alignAsMultiset,
  alignByKey,
  isPermutation,
  NATURAL_KEY,
  type Alignment,
  type Elements,
} from './align-lists.ts';
import { childrenOf } from './canonical-text.ts';
import type { JsonWalk } from './json-walk.ts';

interface Lists {
  readonly left: number;
  readonly right: number;
  readonly place: PathState;
  /** The elements that are left when the same ones at both ends are taken away. */
  readonly control: Elements;
  readonly candidate: Elements;
}

/**
 * Elements that have names are compared by name, so that one more at the front does not make all the others differ.
 * Where they have none their place is all there is, and of lists of different lengths only the length is said.
 */
export function compareLists(walk: JsonWalk, left: number, right: number, place: PathState): void {
  const [control, candidate] = unequalMiddle(walk, left, right);
  const lists = { left, right, place, control, candidate };
  const isLonger = control.nodes.length !== candidate.nodes.length;
  if (isLonger) walk.differ('cardinality', left, right, place);
  const { list } = place.rules;
  const aligned = align(lists, list);
  if (aligned) return compareAligned(walk, lists, aligned, list);
  if (isLonger) return;
  const isReordered = !walk.parts.seesAll && isPermutation(control, candidate, place.element());
  if (isReordered) return walk.differ('order', left, right, place);
  const pairs = control.nodes.map((node, i) => [node, candidate.nodes[i] ?? 0] as const);
  compareElements(walk, pairs, place);
}

/** Undefined when elements have no names. */
function align({ control, candidate, place }: Lists, list: CompiledRule | undefined): Alignment | undefined {
  if (list?.rule.rule === 'multiset') return alignAsMultiset(control, candidate, place.element());
  return alignByKey(control, candidate, list?.rule.rule === 'by-key' ? list.rule.key : NATURAL_KEY);
}

function compareAligned(walk: JsonWalk, lists: Lists, aligned: Alignment, list: CompiledRule | undefined): void {
  const { left, right, place, control, candidate } = lists;
  if (aligned.isReordered && list) walk.forgive(list);
  else if (aligned.isReordered) walk.differ('order', left, right, place);
  compareElements(walk, aligned.pairs, place);
  if (control.nodes.length !== candidate.nodes.length) return;
  walk.trail.push(EACH);
  for (const node of aligned.missing) walk.differAlone(node, undefined, place.element());
  for (const node of aligned.extra) walk.differAlone(undefined, node, place.element());
  walk.trail.pop();
}

function compareElements(
  walk: JsonWalk,
  pairs: readonly (readonly [control: number, candidate: number])[],
  place: PathState,
): void {
  walk.trail.push(EACH);
  for (const [left, right] of pairs) walk.compare(left, right, place.element());
  walk.trail.pop();
}

/** Both lists without what is the same at their beginning and their end. */
function unequalMiddle(walk: JsonWalk, left: number, right: number): [Elements, Elements] {
  const [ours, theirs] = [childrenOf(walk.control, left), childrenOf(walk.candidate, right)];
  const shorter = walk.parts.seesAll ? 0 : Math.min(ours.length, theirs.length);
  let from = 0;
  let tail = 0;
  while (from < shorter && walk.isSame(ours[from] ?? 0, theirs[from] ?? 0)) from++;
  while (tail < shorter - from && walk.isSame(ours.at(-1 - tail) ?? 0, theirs.at(-1 - tail) ?? 0)) tail++;
  return [
    { tape: walk.control, nodes: ours.slice(from, ours.length - tail) },
    { tape: walk.candidate, nodes: theirs.slice(from, theirs.length - tail) },
  ];
}
