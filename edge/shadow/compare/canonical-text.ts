import type { CompiledRule } from '../rules/compiled-rule.ts';
import type { PathState } from '../rules/path-state.ts';
import { FALSE, LIST, NULL, NUMBER, OBJECT, STRING, TRUE, type JsonTape } from './json-tape.ts';
import { isSameRange } from './scalars.ts';

/**
 * One text for all values that the rules call equal: members sorted, dropped ones left out, values rewritten, lists
 * without order sorted. What is only *near* (tolerance, time) keeps its own text.
 */
export function canonicalText(tape: JsonTape, node: number, place: PathState): string {
  const { rules } = place;
  if (rules.drop) return '';
  const kind = tape.kind(node);
  if (rules.typeOnly) return `?${kind}`;
  if (kind === OBJECT) return objectText(tape, node, place);
  if (kind === LIST) return listText(tape, node, place);
  return scalarText(tape, node, rules.scalars);
}

function objectText(tape: JsonTape, node: number, place: PathState): string {
  const members: string[] = [];
  for (let key = node + 1; key < tape.next(node); key = tape.next(key + 1)) {
    const name = tape.text(key);
    const at = place.member(name);
    const isLeftOut = at.rules.drop ?? (tape.kind(key + 1) === NULL ? at.rules.nullIsMissing : undefined);
    if (!isLeftOut) members.push(`${JSON.stringify(name)}:${canonicalText(tape, key + 1, at)}`);
  }
  return `{${members.toSorted().join(',')}}`;
}

function listText(tape: JsonTape, node: number, place: PathState): string {
  const elements = childrenOf(tape, node).map((element) => canonicalText(tape, element, place.element()));
  return `[${(place.rules.list ? elements.toSorted() : elements).join(',')}]`;
}

function scalarText(tape: JsonTape, node: number, scalars: readonly CompiledRule[]): string {
  const text = scalars.reduce(
    (left, { scalar }) => (scalar && 'rewrite' in scalar ? scalar.rewrite(left) : left),
    tape.text(node),
  );
  return tape.kind(node) === STRING ? JSON.stringify(text) : text;
}

/** The elements of a list. */
export function childrenOf(tape: JsonTape, list: number): number[] {
  const children: number[] = [];
  for (let node = list + 1; node < tape.next(list); node = tape.next(node)) children.push(node);
  return children;
}

/** The value of an object's member, or undefined; the first one where there are several. */
export function memberOf(tape: JsonTape, object: number, name: Buffer): number | undefined {
  if (tape.kind(object) !== OBJECT) return undefined;
  for (let key = object + 1; key < tape.next(object); key = tape.next(key + 1)) {
    const start = tape.start(key);
    if (tape.end(key) - start === name.length && isSameRange(tape.bytes, start, name, 0, name.length)) return key + 1;
  }
  return undefined;
}

export function isScalar(kind: number): boolean {
  return kind === STRING || kind === NUMBER || kind === TRUE || kind === FALSE || kind === NULL;
}
