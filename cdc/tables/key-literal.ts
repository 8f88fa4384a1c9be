import { literalWriter } from '../apply/literal.ts';
import type { Value } from '../change-event.ts';
import type { ColumnInfo } from './catalogue.ts';

/**
 * A key's value as SQL for conditions. ENUM, SET and BIT are ordered by their number and compared with a text as text:
 * written as a text, a walk in key order would skip rows or never end. A number keeps order and comparison one.
 */
export function keyLiteral(column: ColumnInfo | undefined, value: Value): string {
  const number = column && numberOf(column, value);
  return number === undefined ? literalWriter(column?.kind)(value) : String(number);
}

function numberOf({ kind, type }: ColumnInfo, value: Value): bigint | undefined {
  if (kind === 'bit' && Buffer.isBuffer(value)) return BigInt(`0x0${value.toString('hex')}`);
  if (kind !== 'choice' || typeof value !== 'string') return undefined;
  const members = membersOf(type);
  if (type.startsWith('enum')) return placeOf(members, value);
  const bits = value === '' ? [] : value.split(',').map((member) => members.indexOf(member));
  return bits.includes(-1) ? undefined : bits.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n);
}

/** Counted from 1; an empty text that is no member is what MariaDB shows for an invalid one, number 0. */
function placeOf(members: readonly string[], value: string): bigint | undefined {
  const at = members.indexOf(value);
  return at === -1 && value !== '' ? undefined : BigInt(at + 1);
}

function membersOf(type: string): string[] {
  return [...type.matchAll(/'((?:[^']|'')*)'/g)].map(([, member = '']) => member.replaceAll("''", "'"));
}
