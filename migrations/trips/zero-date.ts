import type { Row } from '../../cdc/index.ts';
import { impossible } from './errors.ts';
import { textOf, valueOf } from './read-column.ts';

/** Legacy's way of saying "has not happened". */
const ZERO_DATE = '0000-00-00 00:00:00';
const WHOLE_DATE = /^\d{4}-(?!00)\d\d-(?!00)\d\d \d\d:\d\d:\d\d(\.\d{1,6})?$/;

/** The zero date becomes NULL, the service's way of saying "has not happened". */
export function nullOfZeroDate(row: Row, column: string): string | null {
  return valueOf(row, column) === ZERO_DATE ? null : dateOf(row, column);
}

/** NULL becomes the zero date again. */
export function zeroDateOfNull(row: Row, column: string): string {
  return valueOf(row, column) === null ? ZERO_DATE : dateOf(row, column);
}

/** A moment that did happen. Zero and partial dates (`2015-00-12`) name no day, so nothing can be made of them. */
export function dateOf(row: Row, column: string): string {
  const text = textOf(row, column);
  if (!WHOLE_DATE.test(text)) throw impossible(column, 'a date with a zero part');
  return text;
}
