/**
 * Strict JSON as bytes. Nothing is converted before somebody asks for it, so no number ever passes through a float.
 * Positions are byte offsets in the message. A function that finds the end of something answers the position behind
 * it, or `~position` (negative) of the byte that must not stand there.
 */
export interface JsonSpan {
  readonly from: number;
  readonly to: number;
}

export type JsonKind = 'string' | 'number' | 'true' | 'false' | 'null' | 'object' | 'array';

/** A value on its own. `text` is what a string means, and for all others what stands there. */
export interface JsonToken {
  readonly kind: JsonKind;
  readonly text: string;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const DEPTH_LIMIT = 64;
const literals = ['null', 'true', 'false'].map((word) => Buffer.from(word));

export function endOfString(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== QUOTE) return ~at;
  for (let i = at + 1; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte === QUOTE) return i + 1;
    if (byte < 0x20) return ~i;
    if (byte !== BACKSLASH) continue;
    const escaped = endOfEscape(bytes, i, end);
    if (escaped < 0) return escaped;
    i = escaped - 1;
  }
  return ~end;
}

function endOfEscape(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return ~end;
  if (bytes[at + 1] !== 0x75) return isOneOf('"\\/bfnrt', bytes[at + 1] as number) ? at + 2 : ~(at + 1);
  if (at + 6 > end) return ~end;
  for (let i = at + 2; i < at + 6; i++) if (!isOneOf('0123456789abcdefABCDEF', bytes[i] as number)) return ~i;
  return at + 6;
}

function isOneOf(characters: string, byte: number): boolean {
  return characters.includes(String.fromCharCode(byte));
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

export function endOfNumber(bytes: Uint8Array, from: number, end: number): number {
  let at = bytes[from] === MINUS ? from + 1 : from;
  if (at >= end || !isDigit(bytes[at])) return ~at;
  at = bytes[at] === 0x30 ? at + 1 : endOfDigits(bytes, at, end);
  if (at < end && bytes[at] === 0x2e) {
    if (at + 1 >= end || !isDigit(bytes[at + 1])) return ~(at + 1);
    at = endOfDigits(bytes, at + 1, end);
  }
  if (at >= end || (bytes[at] !== 0x65 && bytes[at] !== 0x45)) return at;
  at += bytes[at + 1] === MINUS || bytes[at + 1] === 0x2b ? 2 : 1;
  return at < end && isDigit(bytes[at]) ? endOfDigits(bytes, at, end) : ~at;
}

function endOfDigits(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && isDigit(bytes[at])) at += 1;
  return at;
}

export function endOfSpace(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09)) at += 1;
  return at;
}

/** Any value, checked to the last byte. */
export function endOfValue(bytes: Uint8Array, at: number, end: number, depth = 0): number {
  if (at >= end) return ~end;
  switch (bytes[at]) {
    case QUOTE:
      return endOfString(bytes, at, end);
    case 0x7b:
      return depth < DEPTH_LIMIT ? endOfObject(bytes, at, end, depth, undefined) : ~at;
    case 0x5b:
      return depth < DEPTH_LIMIT ? endOfArray(bytes, at, end, depth) : ~at;
    case 0x6e:
    case 0x74:
    case 0x66:
      return endOfLiteral(bytes, at, end);
    default:
      return endOfNumber(bytes, at, end);
  }
}

export function endOfLiteral(bytes: Uint8Array, at: number, end: number): number {
  const word = literals.find((literal) => literal[0] === bytes[at]);
  if (!word || at + word.length > end) return ~at;
  for (let i = 1; i < word.length; i++) if (bytes[at + i] !== word[i]) return ~(at + i);
  return at + word.length;
}

type OnField = (name: JsonSpan, value: JsonSpan) => void;

/** `onField` hears of every field of this object, not of those inside its values. */
export function endOfObject(
  bytes: Uint8Array,
  from: number,
  end: number,
  depth: number,
  onField: OnField | undefined,
): number {
  if (bytes[from] !== 0x7b) return ~from;
  let at = endOfSpace(bytes, from + 1, end);
  if (bytes[at] === 0x7d && at < end) return at + 1;
  for (;;) {
    const name = endOfString(bytes, at, end);
    if (name < 0) return name;
    const colon = endOfSpace(bytes, name, end);
    if (colon >= end || bytes[colon] !== COLON) return ~colon;
    const start = endOfSpace(bytes, colon + 1, end);
    const stop = endOfValue(bytes, start, end, depth + 1);
    if (stop < 0) return stop;
    onField?.({ from: at, to: name }, { from: start, to: stop });
    const next = endOfSpace(bytes, stop, end);
    if (next >= end) return ~end;
    if (bytes[next] === 0x7d) return next + 1;
    if (bytes[next] !== COMMA) return ~next;
    at = endOfSpace(bytes, next + 1, end);
  }
}

function endOfArray(bytes: Uint8Array, from: number, end: number, depth: number): number {
  let at = endOfSpace(bytes, from + 1, end);
  if (bytes[at] === 0x5d && at < end) return at + 1;
  for (;;) {
    const stop = endOfValue(bytes, at, end, depth + 1);
    if (stop < 0) return stop;
    const next = endOfSpace(bytes, stop, end);
    if (next >= end) return ~end;
    if (bytes[next] === 0x5d) return next + 1;
    if (bytes[next] !== COMMA) return ~next;
    at = endOfSpace(bytes, next + 1, end);
  }
}
