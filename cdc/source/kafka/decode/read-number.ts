import type { ColumnReader, ReaderContext } from './column-reader.ts';
import { plainReader, scanWith } from './column-reader.ts';
import { bytesOfBase64 } from './base64.ts';
import type { JsonToken } from './json-text.ts';
import type { PayloadCursor } from './payload-cursor.ts';

const MINUS = 0x2d;
const bitsOf: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, mediumint: 24, int: 32 };
/** Longer than any number of a column: not even looked at, so that nothing takes long. */
const DIGITS_LIMIT = 100;
export const wholeNumber = /^-?(0|[1-9]\d{0,24})$/;

/** Numbers of up to 32 bits, and YEAR. A TINYINT(1) may come as a boolean. */
export function integerReader({ type }: ReaderContext): ColumnReader {
  const [least, most] = integerRange(type.base, type.isUnsigned);
  // Debezium adds 1900 to what the log holds, also to the 0 that stands for the year 0; no YEAR is 1900.
  const isYear = type.base === 'year';
  const inRange = (n: number): number | undefined =>
    n >= least && n <= most ? (isYear && n === 1900 ? 0 : n) : undefined;
  const isTiny = type.base === 'tinyint';
  const read = ({ kind, text }: JsonToken): number | undefined => {
    if (kind === 'number') return wholeNumber.test(text) ? inRange(Number(text) + 0) : undefined;
    return isTiny && (kind === 'true' || kind === 'false') ? Number(kind === 'true') : undefined;
  };
  const scan = (cursor: PayloadCursor): number | undefined => {
    const n = scanWhole(cursor);
    return n === undefined ? undefined : inRange(n);
  };
  return isTiny ? { read, scan: orBoolean(scan, read) } : { read, scan };
}

function orBoolean(scan: ColumnReader['scan'], read: ColumnReader['read']): ColumnReader['scan'] {
  return (cursor) => ((cursor.bytes[cursor.at] as number) > 0x60 ? scanWith(cursor, read) : scan(cursor));
}

function integerRange(base: string, isUnsigned: boolean): readonly [number, number] {
  if (base === 'year') return [0, 2155];
  const size = 2 ** (bitsOf[base] ?? 32);
  return isUnsigned ? [0, size - 1] : [-size / 2, size / 2 - 1];
}

/** A whole number that a float holds exactly; gives up on everything else. */
export function scanWhole(cursor: PayloadCursor): number | undefined {
  const { bytes } = cursor;
  const isNegative = bytes[cursor.at] === MINUS;
  const first = isNegative ? cursor.at + 1 : cursor.at;
  let at = first;
  let n = 0;
  for (let digit = (bytes[at] as number) ^ 0x30; digit <= 9; digit = (bytes[at] as number) ^ 0x30) {
    n = n * 10 + digit;
    at += 1;
  }
  const digits = at - first;
  if (digits === 0 || digits > 16 || n > Number.MAX_SAFE_INTEGER) return undefined;
  if (bytes[first] === 0x30 && (digits > 1 || isNegative)) return undefined;
  cursor.at = at;
  return isNegative ? -n : n;
}

/**
 * BIGINT as text. Unsigned ones come as a number that may have turned negative (`bigint.unsigned.handling.mode=long`),
 * which is undone, or as big-endian bytes (`precise`).
 */
export function bigintReader({ type, isKey }: ReaderContext): ColumnReader {
  const [least, most] = type.isUnsigned ? [-(2n ** 63n), 2n ** 64n - 1n] : [-(2n ** 63n), 2n ** 63n - 1n];
  const canonical = (text: string): string | undefined => {
    const n = BigInt(text);
    if (n < least || n > most) return undefined;
    return (type.isUnsigned ? BigInt.asUintN(64, n) : n).toString();
  };
  const read = ({ kind, text }: JsonToken): string | undefined => {
    if (kind === 'number') return wholeNumber.test(text) ? canonical(text) : undefined;
    const bytes = kind === 'string' && type.isUnsigned ? bytesOfBase64(text) : undefined;
    const n = bytes && bytes.length <= 9 ? signedNumber(bytes) : undefined;
    return n === undefined || n < 0n || n > most ? undefined : n.toString();
  };
  const scan = (cursor: PayloadCursor): string | undefined => {
    const { bytes, at } = cursor;
    if (bytes[at] === 0x22) return scanBase64Number(cursor) ?? (scanWith(cursor, read) as string | undefined);
    const n = scanWhole(cursor);
    if (n === undefined || (n < 0 && type.isUnsigned)) {
      cursor.at = at;
      return scanWith(cursor, read) as string | undefined;
    }
    return isKey ? String(n) : cursor.cut(at, cursor.at);
  };
  return { read, scan };
}

const sextet = new Int8Array(256).fill(-1);
const letters = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
for (const [i, letter] of letters.entries()) sextet[letter] = i;

/** The usual small number: up to six bytes, not negative. */
function scanBase64Number(cursor: PayloadCursor): string | undefined {
  const { bytes } = cursor;
  const first = cursor.at + 1;
  let n = 0;
  let at = first;
  for (let part = sextet[bytes[at] as number] as number; part >= 0; part = sextet[bytes[at] as number] as number) {
    n = n * 64 + part;
    at += 1;
  }
  const count = at - first;
  if (count < 2 || count > 8 || (sextet[bytes[first] as number] as number) >= 32) return undefined;
  const padding = -count & 3;
  const spare = padding === 2 ? 16 : padding === 1 ? 4 : 1;
  if (padding === 3 || n % spare !== 0) return undefined;
  for (let i = 0; i < padding; i++) if (bytes[at + i] !== 0x3d) return undefined;
  if (bytes[at + padding] !== 0x22) return undefined;
  cursor.at = at + padding + 1;
  return String(n / spare);
}

/** DECIMAL with exactly the scale of its column. */
export function decimalReader({ type, field, settings }: ReaderContext): ColumnReader {
  const [precision = 10, scale = 0] = type.sizes;
  const isBytes = field ? field.type === 'bytes' : settings.decimals === 'precise';
  const canonical = (text: string): string | undefined => withScale(text, precision, scale);
  const read = ({ kind, text }: JsonToken): string | undefined => {
    if (kind === 'number') return canonical(plainText(text));
    if (kind !== 'string') return undefined;
    if (!isBytes) return canonical(text);
    const bytes = bytesOfBase64(text);
    return bytes && bytes.length > 0 && bytes.length < DIGITS_LIMIT
      ? canonical(withPoint(signedNumber(bytes), scale))
      : undefined;
  };
  if (isBytes) return plainReader(read);
  const most = Math.max(precision - scale, 1);
  return {
    read,
    scan: (cursor) => scanDecimal(cursor, most, scale) ?? scanWith(cursor, read),
  };
}

/** `"-12.50"`: the digits as they stand. Leaves zero with a sign and everything unusual to `read`. */
function scanDecimal(cursor: PayloadCursor, most: number, scale: number): string | undefined {
  const { bytes } = cursor;
  const start = cursor.at + 1;
  const first = bytes[start] === MINUS ? start + 1 : start;
  if (bytes[cursor.at] !== 0x22 || (bytes[first] === 0x30 && (first > start || scale === 0))) return undefined;
  const point = endOfDigits(bytes, first);
  const whole = point - first;
  if (whole === 0 || whole > most || (bytes[first] === 0x30 && whole > 1)) return undefined;
  const stop = scale === 0 ? point : endOfDigits(bytes, point + 1);
  if (scale > 0 && (bytes[point] !== 0x2e || stop - point - 1 !== scale)) return undefined;
  if (bytes[stop] !== 0x22) return undefined;
  cursor.at = stop + 1;
  return cursor.cut(start, stop);
}

function endOfDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  while (((bytes[at] as number) ^ 0x30) <= 9) at += 1;
  return at;
}

function withScale(text: string, precision: number, scale: number): string | undefined {
  if (text.length > DIGITS_LIMIT) return undefined;
  const [, sign, whole, fraction = ''] = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined || fraction.length !== scale) return undefined;
  if (whole.length > Math.max(precision - scale, 1)) return undefined;
  return sign === '-' && /^[0.]*$/.test(text.slice(1)) ? text.slice(1) : text;
}

function withPoint(n: bigint, scale: number): string {
  const digits = (n < 0n ? -n : n).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return `${n < 0n ? '-' : ''}${whole}${scale > 0 ? `.${digits.slice(-scale)}` : ''}`;
}

/** `1E-10` is how a converter with `decimal.format=NUMERIC` writes small numbers. */
function plainText(text: string): string {
  if (text.length > DIGITS_LIMIT) return text;
  const [, sign = '', whole = '', fraction = '', exponent] = /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d+)$/.exec(text) ?? [];
  const shift = Number(exponent);
  if (exponent === undefined || Math.abs(shift) > 100) return text;
  const scale = fraction.length - shift;
  if (scale < 0) return `${sign}${whole}${fraction}${'0'.repeat(-scale)}`.replace(/^(-?)0+(?=\d)/, '$1');
  return sign + withPoint(BigInt(whole + fraction), scale);
}

/** Big-endian two's complement. */
export function signedNumber(bytes: Buffer): bigint {
  return bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
}

/** FLOAT is rounded to what the column holds: the message writes the shortest text that means it. */
export function floatReader({ column }: ReaderContext): ColumnReader {
  const round = column.kind === 'float' ? Math.fround : (n: number) => n;
  return plainReader(({ kind, text }) => {
    const n = kind === 'number' ? round(Number(text)) + 0 : Number.NaN;
    return Number.isFinite(n) ? n : undefined;
  });
}
