import { isSameText, type JsonTape } from './json-tape.ts';

/** Keys of one object. */
export interface Keys {
  readonly tape: JsonTape;
  readonly nodes: readonly number[];
}

/**
 * Finds which members of two objects have the same name, in the bytes as they are. Objects of one kind are written in the
 * same order, so it first tries the order of the last ones; where that does not fit, a table of hashes.
 */
export class KeyIndex {
  /** Where the partner of each key was the last time. */
  #last: readonly number[] = [];
  /** Of each of those keys; empty when two had the same, because then a name may come twice and its order counts. */
  #marks: readonly number[] = [];
  /** Place in the other list, from 1; 0 is free. */
  #slots = new Int32Array(64);
  #isTaken = new Uint8Array(64);

  /** For each key its place among the others, -1 for none. Of a name that comes twice each is found once, in order. */
  pair(keys: Keys, others: Keys): readonly number[] {
    if (this.#fits(keys, others)) return this.#last;
    this.#fill(others);
    const marks = keys.nodes.map((key) => markOf(keys.tape, key));
    this.#marks = new Set(marks).size === marks.length ? marks : [];
    this.#last = keys.nodes.map((key) => this.#take(keys.tape, key, others));
    return this.#last;
  }

  #fits(keys: Keys, others: Keys): boolean {
    const { length } = keys.nodes;
    if (length !== this.#marks.length || length !== others.nodes.length) return false;
    for (let i = 0; i < length; i++) {
      if (markOf(keys.tape, keys.nodes[i] ?? 0) !== this.#marks[i]) return false;
      const other = others.nodes[this.#last[i] ?? -1];
      if (other === undefined || !isSameText(keys.tape, keys.nodes[i] ?? 0, others.tape, other)) return false;
    }
    return true;
  }

  #fill({ tape, nodes }: Keys): void {
    let size = 64;
    while (size < nodes.length * 2) size *= 2;
    if (size === this.#slots.length) this.#slots.fill(0);
    else this.#slots = new Int32Array(size);
    if (size === this.#isTaken.length) this.#isTaken.fill(0);
    else this.#isTaken = new Uint8Array(size);
    for (const [i, key] of nodes.entries()) {
      let slot = hashOf(tape, key) & (size - 1);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & (size - 1);
      this.#slots[slot] = i + 1;
    }
  }

  #take(tape: JsonTape, key: number, others: Keys): number {
    const mask = this.#slots.length - 1;
    let slot = hashOf(tape, key) & mask;
    for (let at = this.#slots[slot] ?? 0; at !== 0; at = this.#slots[slot] ?? 0) {
      if (this.#isTaken[at - 1] === 0 && isSameKey(tape, key, others.tape, others.nodes[at - 1] ?? 0)) {
        this.#isTaken[at - 1] = 1;
        return at - 1;
      }
      slot = (slot + 1) & mask;
    }
    return -1;
  }
}

/** Two keys of one name, however they are escaped. */
function isSameKey(tape: JsonTape, key: number, other: JsonTape, otherKey: number): boolean {
  if (tape.isEscaped(key) || other.isEscaped(otherKey)) return tape.text(key) === other.text(otherKey);
  return isSameText(tape, key, other, otherKey);
}

/** Length and three bytes: keys with other marks are other keys. */
function markOf(tape: JsonTape, key: number): number {
  const { bytes } = tape;
  const start = tape.start(key);
  const length = tape.end(key) - start;
  if (length === 0) return 0;
  const middle = (bytes[start + (length >> 1)] ?? 0) << 8;
  return (length << 24) | ((bytes[start] ?? 0) << 16) | middle | (bytes[start + length - 1] ?? 0);
}

function hashOf(tape: JsonTape, key: number): number {
  if (tape.isEscaped(key)) return hashRange(Buffer.from(tape.text(key)), 0);
  return hashRange(tape.bytes, tape.start(key), tape.end(key));
}

/** FNV-1a. */
function hashRange(bytes: Buffer, start: number, end = bytes.length): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return hash ^ (hash >>> 15);
}
