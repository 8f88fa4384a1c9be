import type { Row, Value } from '../../cdc/index.ts';
import { impossible, mappingErrors } from './errors.ts';

/** The column's value. A column the image lacks is an error: `undefined` would silently become "not mapped". */
export function valueOf(row: Row, column: string): Value {
  const value = row[column];
  if (value === undefined) {
    throw mappingErrors.error('MAPPING_COLUMN_MISSING', { message: `${column} is missing from the row image` });
  }
  return value;
}

/** For columns that are text in canonical form and may not be NULL. */
export function textOf(row: Row, column: string): string {
  const value = valueOf(row, column);
  if (typeof value !== 'string') throw impossible(column, value === null ? 'NULL' : 'a value that is not text');
  return value;
}

/** For columns that are a number in canonical form and may not be NULL. */
export function numberOf(row: Row, column: string): number {
  const value = valueOf(row, column);
  if (typeof value !== 'number') throw impossible(column, value === null ? 'NULL' : 'a value that is not a number');
  return value;
}

/** For ENUM columns and their text twins; an invalid insert leaves `''` in an ENUM. */
export function memberOf(row: Row, column: string, members: readonly string[]): string {
  const value = textOf(row, column);
  if (!members.includes(value)) {
    throw impossible(column, value === '' ? 'an empty ENUM (an invalid insert)' : 'a member the mapping does not know');
  }
  return value;
}
