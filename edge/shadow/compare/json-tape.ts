import { isUtf8 } from 'node:buffer';
import { escapeLength, numberEnd } from './json-text.ts';
import { isSameRange } from './scalars.ts';

/** What a node of a tape is. An object's members lie behind it as pairs: a string node for the key, then the value. */
export const OBJECT = 1;
export const LIST = 2;
export const STRING = 3;
export const NUMBER = 4;
export const TRUE = 5;
export const FALSE = 6;
export const NULL = 7;

/** `malformed` is not JSON (RFC 8259) in UTF-8; `too-large` is more nodes or deeper than the limits allow. */
export type JsonFault = 'malformed' | 'too-large';

export interface JsonLimits {
  readonly maxNodes: number;
  readonly maxDepth: number;
}

const KIND_BITS = 3;
const KIND_MASK = 7;
/** Cells per node: kind with the number of children (a string: 1 when it has escapes), start, end, next sibling. */
const WIDTH = 4;
/** Cells kept for the next text; a bigger one gives its memory back. */
const KEPT_CELLS = 65_536;
const NO_BYTES = Buffer.alloc(0);

/**
 * JSON as a flat list of places in its own bytes. Nothing is converted: a number keeps its text, an object its order
 * and its duplicate keys, and a value is only made into a string where somebody asks for it. That is also why it is as
 * fast as `JSON.parse`. One tape is used for one text after the other.
 */
export class JsonTape {
  #bytes: Buffer = NO_BYTES;
  #cells = new Int32Array(4096);
  #nodes = 0;
  /** Nodes there is room for. */
  #room = 0;
  #at = 0;
  #limits: JsonLimits = { maxNodes: 0, maxDepth: 0 };
  #fault: JsonFault = 'malformed';

  /** Reads a text; the root is node 0. What was there before is gone, also after a fault. */
  read(bytes: Buffer, limits: JsonLimits): JsonFault | undefined {
    this.#bytes = bytes;
    this.#limits = limits;
    this.#nodes = this.#at = 0;
    this.#fault = 'malformed';
    if (this.#cells.length > KEPT_CELLS) this.#cells = new Int32Array(4096);
    this.#room = Math.min(limits.maxNodes, this.#cells.length / WIDTH);
    const isWhole = this.#value(0) && this.#skipSpace() === bytes.length && isUtf8(bytes);
    return isWhole ? undefined : this.#fault;
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  kind(node: number): number {
    return (this.#cells[node * WIDTH] ?? 0) & KIND_MASK;
  }

  /** Members of an object, elements of a list. */
  count(node: number): number {
    return (this.#cells[node * WIDTH] ?? 0) >> KIND_BITS;
  }

  isEscaped(node: number): boolean {
    return this.count(node) === 1;
  }

  /** Of a string without its quotes, of anything else whole. */
  start(node: number): number {
    return this.#cells[node * WIDTH + 1] ?? 0;
  }

  end(node: number): number {
    return this.#cells[node * WIDTH + 2] ?? 0;
  }

  /** The first node that is not part of this one. */
  next(node: number): number {
    return this.#cells[node * WIDTH + 3] ?? 0;
  }

  /** The value's own bytes. */
  slice(node: number): Buffer {
    return this.#bytes.subarray(this.start(node), this.end(node));
  }

  /** A string as it is meant; of anything else the text as it is written. */
  text(node: number): string {
    const [start, end] = [this.start(node), this.end(node)];
    const isEscaped = this.kind(node) === STRING && this.isEscaped(node);
    if (!isEscaped) return this.#bytes.toString('utf8', start, end);
    return JSON.parse(this.#bytes.toString('utf8', start - 1, end + 1)) as string;
  }

  #value(depth: number): boolean {
    const at = this.#skipSpace();
    switch (this.#bytes[at]) {
      case 0x22:
        return this.#string(at);
      case 0x7b:
        return this.#object(at, depth);
      case 0x5b:
        return this.#list(at, depth);
      case 0x74:
        return this.#word(at, TRUE, 'true');
      case 0x66:
        return this.#word(at, FALSE, 'false');
      case 0x6e:
        return this.#word(at, NULL, 'null');
      default:
        return this.#number(at);
    }
  }

  #skipSpace(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let byte = bytes[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; byte = bytes[at]) at++;
    return (this.#at = at);
  }

  #object(start: number, depth: number): boolean {
    const node = this.#open(depth);
    if (node < 0) return false;
    this.#at = start + 1;
    let members = 0;
    if (this.#bytes[this.#skipSpace()] === 0x7d) return this.#close(node, OBJECT, start, 0);
    for (;;) {
      if (this.#bytes[this.#skipSpace()] !== 0x22 || !this.#string(this.#at)) return false;
      if (this.#bytes[this.#skipSpace()] !== 0x3a) return false;
      this.#at++;
      if (!this.#value(depth + 1)) return false;
      members++;
      const byte = this.#bytes[this.#skipSpace()];
      if (byte === 0x7d) return this.#close(node, OBJECT, start, members);
      if (byte !== 0x2c) return false;
      this.#at++;
    }
  }

  #list(start: number, depth: number): boolean {
    const node = this.#open(depth);
    if (node < 0) return false;
    this.#at = start + 1;
    let elements = 0;
    if (this.#bytes[this.#skipSpace()] === 0x5d) return this.#close(node, LIST, start, 0);
    for (;;) {
      if (!this.#value(depth + 1)) return false;
      elements++;
      const byte = this.#bytes[this.#skipSpace()];
      if (byte === 0x5d) return this.#close(node, LIST, start, elements);
      if (byte !== 0x2c) return false;
      this.#at++;
    }
  }

  /** `start` is at the quote. Whether the bytes are UTF-8 is asked of all at the end. */
  #string(start: number): boolean {
    const bytes = this.#bytes;
    let at = start + 1;
    let isEscaped = 0;
    for (;;) {
      const byte = bytes[at];
      if (byte === 0x22) break;
      if (byte === 0x5c) {
        const length = escapeLength(bytes, at);
        if (length === 0) return false;
        at += length;
        isEscaped = 1;
      } else if (byte === undefined || byte < 0x20) return false;
      else at++;
    }
    this.#at = at + 1;
    return this.#add(STRING, isEscaped, start + 1, at);
  }

  #number(start: number): boolean {
    const end = numberEnd(this.#bytes, start);
    this.#at = end;
    return end > start && this.#add(NUMBER, 0, start, end);
  }

  #word(start: number, kind: number, word: string): boolean {
    const bytes = this.#bytes;
    for (let i = 1; i < word.length; i++) if (bytes[start + i] !== word.charCodeAt(i)) return false;
    this.#at = start + word.length;
    return this.#add(kind, 0, start, this.#at);
  }

  #open(depth: number): number {
    const node = this.#nodes;
    if (depth < this.#limits.maxDepth && this.#add(0, 0, 0, 0)) return node;
    this.#fault = 'too-large';
    return -1;
  }

  #close(node: number, kind: number, start: number, count: number): boolean {
    this.#at++;
    const cell = node * WIDTH;
    this.#cells[cell] = kind | (count << KIND_BITS);
    this.#cells[cell + 1] = start;
    this.#cells[cell + 2] = this.#at;
    this.#cells[cell + 3] = this.#nodes;
    return true;
  }

  #add(kind: number, count: number, start: number, end: number): boolean {
    const cell = this.#nodes * WIDTH;
    if (this.#nodes >= this.#room && !this.#grow()) return false;
    this.#nodes++;
    const cells = this.#cells;
    cells[cell] = kind | (count << KIND_BITS);
    cells[cell + 1] = start;
    cells[cell + 2] = end;
    cells[cell + 3] = this.#nodes;
    return true;
  }

  #grow(): boolean {
    if (this.#nodes >= this.#limits.maxNodes) {
      this.#fault = 'too-large';
      return false;
    }
    const cells = new Int32Array(this.#cells.length * 2);
    cells.set(this.#cells);
    this.#cells = cells;
    this.#room = Math.min(this.#limits.maxNodes, cells.length / WIDTH);
    return true;
  }
}

/** Whether two nodes are written the same. */
export function isSameText(tape: JsonTape, node: number, other: JsonTape, otherNode: number): boolean {
  const start = tape.start(node);
  const otherStart = other.start(otherNode);
  const length = tape.end(node) - start;
  return (
    length === other.end(otherNode) - otherStart && isSameRange(tape.bytes, start, other.bytes, otherStart, length)
  );
}

/** Whether two members are written the same, name and value and what is between; by their keys. */
export function isSameMember(tape: JsonTape, key: number, other: JsonTape, otherKey: number): boolean {
  const start = tape.start(key);
  const otherStart = other.start(otherKey);
  const length = tape.end(key + 1) - start;
  return (
    length === other.end(otherKey + 1) - otherStart && isSameRange(tape.bytes, start, other.bytes, otherStart, length)
  );
}
