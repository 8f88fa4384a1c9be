import type { ColumnInfo } from './catalogue.ts';
import type { Value } from '../change-event.ts';
import { sameValue } from '../map/map.ts';
import { sameJson } from './canonical-json.ts';

/**
 * Whether a mapped value, written into this column, reads back as `actual`. Ignores only what the column's type does not
 * keep: trailing zeros of numbers and fractions, the sign of zero, single precision, the padding of fixed lengths, the
 * order of a SET's members, spacing and key order in a column that is declared JSON.
 */
export function sameInColumn(column: ColumnInfo, expected: Value, actual: Value): boolean {
  if (sameValue(expected, actual)) return true;
  if (expected === null || actual === null) return false;
  switch (column.kind) {
    case 'integer':
    case 'double':
      return Number(expected) === Number(actual);
    case 'float':
      return Math.fround(Number(expected)) === Math.fround(Number(actual));
    case 'exact':
      return plainDecimal(String(expected)) === plainDecimal(String(actual));
    case 'bytes':
      return sameBytes(column, expected, actual);
    case 'bit':
      return bitsOf(expected) === bitsOf(actual);
    case 'choice':
      return column.type.startsWith('set') && membersOf(expected) === membersOf(actual);
    case 'text':
      return sameText(column, String(expected), String(actual));
    default:
      return String(expected) === String(actual);
  }
}

/** A key value such that equal keys of this column are equal texts or numbers, whichever side they come from. */
export function canonicalKey(column: ColumnInfo | undefined): (value: Value) => string | number {
  const kind = column?.kind;
  const type = column?.type ?? '';
  if (kind === 'integer') return (value) => (typeof value === 'number' ? value : Number(value));
  if (type.startsWith('bigint')) return (value) => (typeof value === 'string' ? value : keyText(value));
  if (kind === 'exact') return (value) => plainDecimal(keyText(value));
  if (type.startsWith('char')) return (value) => withoutPadding(keyText(value));
  if (type.startsWith('binary')) return (value) => bytesOf(value).replace(/(00)+$/, '');
  if (kind === 'bytes') return (value) => bytesOf(value);
  if (kind === 'bit') return (value) => bitsOf(value);
  if (isTemporal(type)) return (value) => withoutZeroFraction(keyText(value));
  return keyText;
}

function keyText(value: Value): string {
  return Buffer.isBuffer(value) ? value.toString('hex') : String(value);
}

function plainDecimal(text: string): string {
  const short = text.replace(/^(-?)0+(?=\d)/, '$1');
  const plain = short.includes('.') ? short.replace(/\.?0+$/, '') : short;
  return plain === '-0' ? '0' : plain;
}

function sameBytes({ type }: ColumnInfo, expected: Value, actual: Value): boolean {
  const [a, b] = [bytesOf(expected), bytesOf(actual)];
  return type.startsWith('binary') ? a.replace(/(00)+$/, '') === b.replace(/(00)+$/, '') : a === b;
}

/** Text written into a column of bytes becomes its UTF-8, the connection's charset. */
function bytesOf(value: Value): string {
  return (Buffer.isBuffer(value) ? value : Buffer.from(String(value))).toString('hex');
}

function bitsOf(value: Value): string {
  const text = typeof value === 'number' ? value.toString(16) : bytesOf(value);
  return text.replace(/^0+/, '');
}

function membersOf(value: Value): string {
  return String(value).split(',').toSorted().join();
}

function sameText(column: ColumnInfo, expected: string, actual: string): boolean {
  const { type } = column;
  if (expected === actual) return true;
  if (type.startsWith('char')) return withoutPadding(expected) === withoutPadding(actual);
  if (column.isJson) return sameJson(expected, actual);
  return isTemporal(type) && withoutZeroFraction(expected) === withoutZeroFraction(actual);
}

function isTemporal(type: string): boolean {
  return /^(datetime|timestamp|time)\b/.test(type);
}

function withoutPadding(text: string): string {
  return text.endsWith(' ') ? text.replace(/ +$/, '') : text;
}

function withoutZeroFraction(time: string): string {
  return time.includes('.') ? time.replace(/\.?0+$/, '') : time;
}

/** What may be shown of a value: its kind and length. */
export function maskValue(value: Value | undefined): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'number') return 'number';
  return Buffer.isBuffer(value) ? `bytes(${value.length})` : `text(${value.length})`;
}
