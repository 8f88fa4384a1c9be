import type { ColumnInfo } from './catalogue.ts';
import type { Value } from '../change-event.ts';
import { sameValue } from '../map/map.ts';

/**
 * Whether a mapped value, written into this column, reads back as `actual`. Ignores only what the column's type does not
 * keep: trailing zeros of numbers and fractions, single precision, the padding of fixed lengths.
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
    case 'bit':
      return samePadded(column, expected, actual);
    case 'text':
      return sameText(column, String(expected), String(actual));
    default:
      return String(expected) === String(actual);
  }
}

function plainDecimal(text: string): string {
  const short = text.replace(/^(-?)0+(?=\d)/, '$1');
  const plain = short.includes('.') ? short.replace(/\.?0+$/, '') : short;
  return plain === '-0' ? '0' : plain;
}

function samePadded({ kind, type }: ColumnInfo, expected: Value, actual: Value): boolean {
  const [a, b] = [expected, actual].map((v) => (Buffer.isBuffer(v) ? v.toString('hex') : String(v)));
  if (kind === 'bit') return a?.replace(/^0+/, '') === b?.replace(/^0+/, '');
  return type.startsWith('binary') ? a?.replace(/(00)+$/, '') === b?.replace(/(00)+$/, '') : a === b;
}

function sameText({ type }: ColumnInfo, expected: string, actual: string): boolean {
  if (type.startsWith('char')) return expected.replace(/ +$/, '') === actual.replace(/ +$/, '');
  if (!/^(datetime|timestamp|time)\b/.test(type)) return false;
  return withoutZeroFraction(expected) === withoutZeroFraction(actual);
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
