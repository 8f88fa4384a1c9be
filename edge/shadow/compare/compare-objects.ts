import { segmentOf } from '../rules/field-path.ts';
import type { PathState } from '../rules/path-state.ts';
import { isSameMember, isSameText, NULL, type JsonTape } from './json-tape.ts';
import type { JsonWalk } from './json-walk.ts';

/** An object of more members is a map: its keys are data, whatever they look like. */
const MOST_FIELDS = 100;

interface Objects {
  readonly left: number;
  readonly right: number;
  readonly place: PathState;
  readonly isMap: boolean;
}

/** Members in the same order first, which costs nothing; from the first that is not, by name. Order is no difference. */
export function compareObjects(walk: JsonWalk, left: number, right: number, place: PathState): void {
  const { control, candidate } = walk;
  const objects = { left, right, place, isMap: place.rules.isMap || control.count(left) > MOST_FIELDS };
  const end = control.next(left);
  const otherEnd = candidate.next(right);
  let key = left + 1;
  let other = right + 1;
  const { seesAll } = walk.parts;
  while (key < end && other < otherEnd) {
    if (seesAll || !isSameMember(control, key, candidate, other)) {
      if (!isSameText(control, key, candidate, other)) break;
      if (seesAll || !walk.isSame(key + 1, other + 1)) compareMembers(walk, objects, key, other);
    }
    key = control.next(key + 1);
    other = candidate.next(other + 1);
  }
  if (key < end || other < otherEnd)
    compareByName(walk, objects, keysOf(control, key, end), keysOf(candidate, other, otherEnd));
}

/** Two members of one name and not of the same value, by their keys. */
function compareMembers(walk: JsonWalk, { place, isMap }: Objects, key: number, other: number): void {
  const name = walk.control.text(key);
  walk.trail.push(segmentOf(name, isMap));
  walk.compareUnlike(key + 1, other + 1, place.member(name));
  walk.trail.pop();
}

/** Pairs are found before any is walked: the index serves the objects inside as well. */
function compareByName(walk: JsonWalk, objects: Objects, keys: readonly number[], others: readonly number[]): void {
  const { control, candidate, parts } = walk;
  const { seesAll } = parts;
  const places = parts.index.pair({ tape: control, nodes: keys }, { tape: candidate, nodes: others });
  const lonely: number[] = [];
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] ?? 0;
    const other = others[places[i] ?? -1];
    if (other === undefined) lonely.push(key);
    else if (seesAll || !walk.isSame(key + 1, other + 1)) compareMembers(walk, objects, key, other);
  }
  if (lonely.length > 0) compareLonely(walk, objects, control, lonely);
  if (keys.length === others.length && lonely.length === 0) return;
  const taken = new Set(places);
  const rest = others.filter((_, place) => !taken.has(place));
  compareLonely(walk, objects, candidate, rest);
}

/** Members that only one side has; the second of one name is a difference of its own kind. */
function compareLonely(walk: JsonWalk, objects: Objects, tape: JsonTape, keys: readonly number[]): void {
  const isOurs = tape === walk.control;
  const again = repeatedKeys(tape, isOurs ? objects.left : objects.right);
  for (const key of keys) {
    const at = objects.place.member(tape.text(key));
    const [left, right] = isOurs ? [key + 1, undefined] : [undefined, key + 1];
    const forgiving = tape.kind(key + 1) === NULL ? at.rules.nullIsMissing : undefined;
    walk.trail.push(segmentOf(tape.text(key), objects.isMap));
    if (forgiving) walk.forgive(forgiving);
    else if (again.has(key) && !at.rules.drop) walk.differ('duplicate-key', left, right, at);
    else walk.differAlone(left, right, at);
    walk.trail.pop();
  }
}

/** Keys of an object whose name was there before. */
function repeatedKeys(tape: JsonTape, object: number): Set<number> {
  const names = new Set<string>();
  const again = keysOf(tape, object + 1, tape.next(object)).filter((key) => {
    const { size } = names;
    return names.add(tape.text(key)).size === size;
  });
  return new Set(again);
}

function keysOf(tape: JsonTape, from: number, end: number): number[] {
  const keys: number[] = [];
  for (let key = from; key < end; key = tape.next(key + 1)) keys.push(key);
  return keys;
}
