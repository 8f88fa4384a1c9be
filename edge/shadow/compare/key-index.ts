import { isSameText, type JsonTape } from './json-tape.ts';

/**
 * Finds an object's members by name, in the bytes as they are. One index serves one object after the other. Of a name
 * that comes twice each is found once, in order.
 */
export class KeyIndex {
  #tape: JsonTape | undefined;
  #keys: readonly number[] = [];
  /** Place in the list of keys, from 1; 0 is free. */
  #slots = new Int32Array(64);
  #isTaken = new Uint8Array(64);
  #mask = 63;

  /** Forgets what it knew. */
  fill(tape: JsonTape, keys: readonly number[]): void {
    this.#tape = tape;
    this.#keys = keys;
    this.#makeRoom(keys.length);
    for (let i = 0; i < keys.length; i++) {
      let slot = hashOf(tape, keys[i] ?? 0) & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = i + 1;
    }
  }

  /** The member of that name that was not taken yet, taken now; undefined when there is none. */
  take(tape: JsonTape, key: number): number | undefined {
    let slot = hashOf(tape, key) & this.#mask;
    for (let at = this.#slots[slot] ?? 0; at !== 0; at = this.#slots[slot] ?? 0) {
      const found = this.#keys[at - 1] ?? 0;
      if (this.#isTaken[at - 1] === 0 && this.#tape && isSameKey(tape, key, this.#tape, found)) {
        this.#isTaken[at - 1] = 1;
        return found;
      }
      slot = (slot + 1) & this.#mask;
    }
    return undefined;
  }

  /** Members nobody took. */
  rest(): number[] {
    return this.#keys.filter((_, i) => this.#isTaken[i] === 0);
  }

  #makeRoom(keys: number): void {
    let size = 64;
    while (size < keys * 2) size *= 2;
    if (size === this.#slots.length) {
      this.#slots.fill(0);
      this.#isTaken.fill(0);
    } else {
      this.#slots = new Int32Array(size);
      this.#isTaken = new Uint8Array(size);
    }
    this.#mask = size - 1;
  }
}

/** Two keys of one name, however they are escaped. */
export function isSameKey(tape: JsonTape, key: number, other: JsonTape, otherKey: number): boolean {
  if (tape.isEscaped(key) || other.isEscaped(otherKey)) return tape.text(key) === other.text(otherKey);
  return isSameText(tape, key, other, otherKey);
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
