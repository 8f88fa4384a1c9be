import { endOfLiteral, endOfValue } from './json-text.ts';
import type { PayloadCursor } from './payload-cursor.ts';

const QUOTE = 0x22;

/** A short ASCII text without escapes, copied so that it does not keep the payload. */
export function scanWord(cursor: PayloadCursor): string | undefined {
  const { bytes, end } = cursor;
  if (bytes[cursor.at] !== QUOTE) return undefined;
  const from = cursor.at + 1;
  let at = from;
  while (at < end && bytes[at] !== QUOTE) {
    const byte = bytes[at] as number;
    if (byte < 0x20 || byte >= 0x80 || byte === 0x5c) return undefined;
    at += 1;
  }
  if (at >= end) return undefined;
  cursor.at = at + 1;
  return at - from === 1 ? String.fromCharCode(bytes[from] as number) : bytes.toString('latin1', from, at);
}

export function skipLiteral(cursor: PayloadCursor): boolean {
  const stop = endOfLiteral(cursor.bytes, cursor.at, cursor.end);
  if (stop > 0) cursor.at = stop;
  return stop > 0;
}

/** Over any value. What is passed over is not looked at, so it may hold more than ASCII. */
export function skip(cursor: PayloadCursor): boolean {
  const stop = endOfValue(cursor.bytes, cursor.at, cursor.end);
  if (stop < 0) return false;
  cursor.sawHigh = true;
  cursor.at = stop;
  return true;
}
