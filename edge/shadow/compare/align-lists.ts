import type { PathState } from '../rules/path-state.ts';
import { canonicalText, isScalar, memberOf } from './canonical-text.ts';
import { isSameText, type JsonTape } from './json-tape.ts';

/** Which elements of two lists belong together. */
export interface Alignment {
  readonly pairs: readonly (readonly [control: number, candidate: number])[];
  readonly missing: readonly number[];
  readonly extra: readonly number[];
  /** Elements of both stand in another order. */
  readonly isReordered: boolean;
}

/** Elements of one list. */
export interface Elements {
  readonly tape: JsonTape;
  readonly nodes: readonly number[];
}

/** By a member that names each element; undefined when it does not, on either side. */
export function alignByKey(control: Elements, candidate: Elements, key: string): Alignment | undefined {
  const [left, right] = [membersOf(control, key), membersOf(candidate, key)];
  if (!left || !right) return undefined;
  if (isSameOrder(control.tape, left, candidate.tape, right)) return inOrder(control.nodes, candidate.nodes);
  const [names, others] = [textsOf(control.tape, left), textsOf(candidate.tape, right)];
  return isUnique(names) && isUnique(others) ? align(control, candidate, names, others) : undefined;
}

/** Equal elements first; what is left over by its order. */
export function alignAsMultiset(control: Elements, candidate: Elements, place: PathState): Alignment {
  const text = ({ tape, nodes }: Elements): string[] => numbered(nodes.map((node) => canonicalText(tape, node, place)));
  const equal = align(control, candidate, text(control), text(candidate));
  const count = Math.min(equal.missing.length, equal.extra.length);
  const rest = equal.missing.slice(0, count).map((node, i) => [node, equal.extra[i] ?? node] as const);
  const [missing, extra] = [equal.missing.slice(count), equal.extra.slice(count)];
  return { ...equal, pairs: [...equal.pairs, ...rest], missing, extra };
}

/** True when the elements are the same, byte by byte, in another order, and no rule calls them equal as they stand. */
export function isPermutation(control: Elements, candidate: Elements, place: PathState): boolean {
  if (bytesOf(control) !== bytesOf(candidate)) return false;
  if (!place.isDead && isSameByRules(control, candidate, place)) return false;
  const texts = ({ tape, nodes }: Elements): string[] => textsOf(tape, nodes).toSorted();
  const left = texts(control);
  return texts(candidate).every((text, i) => text === left[i]);
}

function isSameByRules(control: Elements, candidate: Elements, place: PathState): boolean {
  const text = ({ tape, nodes }: Elements, i: number): string => canonicalText(tape, nodes[i] ?? 0, place);
  return control.nodes.every((_, i) => text(control, i) === text(candidate, i));
}

/** A sum that every permutation has, for less than the price of the texts. */
function bytesOf({ tape, nodes }: Elements): number {
  return nodes.reduce((sum, node) => sum + tape.end(node) - tape.start(node), 0);
}

function align(
  { nodes: left }: Elements,
  { nodes: right }: Elements,
  names: readonly string[],
  others: readonly string[],
): Alignment {
  const places = new Map(others.map((name, i) => [name, i]));
  const found = names.map((name) => places.get(name));
  const taken = new Set(found);
  const order = found.filter((at) => at !== undefined);
  return {
    pairs: left.flatMap((node, i) => pairOf(node, right[found[i] ?? -1])),
    missing: left.filter((_, i) => found[i] === undefined),
    extra: right.filter((_, i) => !taken.has(i)),
    isReordered: order.some((at, i) => at < (order[i - 1] ?? -1)),
  };
}

function pairOf(control: number, candidate: number | undefined): (readonly [number, number])[] {
  return candidate === undefined ? [] : [[control, candidate]];
}

/** Elements belong together by a member of this name where all have one of their own. */
export const NATURAL_KEY = 'id';
const NATURAL_KEY_BYTES = Buffer.from(NATURAL_KEY);

/** The key's value in every element; undefined unless all have one. */
function membersOf({ tape, nodes }: Elements, key: string): number[] | undefined {
  const name = key === NATURAL_KEY ? NATURAL_KEY_BYTES : Buffer.from(key);
  const members: number[] = [];
  for (const node of nodes) {
    const member = memberOf(tape, node, name);
    if (member === undefined || !isScalar(tape.kind(member))) return undefined;
    members.push(member);
  }
  return members;
}

function isSameOrder(tape: JsonTape, left: readonly number[], other: JsonTape, right: readonly number[]): boolean {
  return left.length === right.length && left.every((node, i) => isSameText(tape, node, other, right[i] ?? 0));
}

function inOrder(left: readonly number[], right: readonly number[]): Alignment {
  return { pairs: left.map((node, i) => [node, right[i] ?? 0]), missing: [], extra: [], isReordered: false };
}

/** As they are written, byte by byte. */
function textsOf(tape: JsonTape, nodes: readonly number[]): string[] {
  return nodes.map((node) => tape.bytes.toString('latin1', tape.start(node), tape.end(node)));
}

function isUnique(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}

/** The second `a` is another element than the first. */
function numbered(texts: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return texts.map((text) => {
    const count = seen.get(text) ?? 0;
    seen.set(text, count + 1);
    return count === 0 ? text : `${text}#${count}`;
  });
}
