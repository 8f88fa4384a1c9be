import type { Row } from '../../cdc/index.ts';
import { impossible } from './errors.ts';
import { numberOf, textOf } from './read-column.ts';

const TWO_PLACES = /^-?\d+\.\d\d$/;
const WHOLE = /^-?\d+$/;

/** DECIMAL(n,2) to hundredths, digit by digit: no value ever passes through a float. */
export function hundredthsOf(row: Row, column: string): string {
  const text = textOf(row, column);
  if (!TWO_PLACES.test(text)) throw impossible(column, 'a decimal without exactly two places');
  return BigInt(text.replace('.', '')).toString();
}

/** Hundredths back to DECIMAL(n,2). `digits` is the decimal's precision; a value that needs more is refused. */
export function decimalOf(row: Row, column: string, digits: number): string {
  const text = textOf(row, column);
  if (!WHOLE.test(text)) throw impossible(column, 'a number that is not whole');
  return withTwoPlaces(text, column, digits);
}

/** `1.25` to 125. */
export function percentOf(row: Row, column: string): number {
  return Number(hundredthsOf(row, column));
}

/** 125 to `1.25`. */
export function decimalOfPercent(row: Row, column: string, digits: number): string {
  const value = numberOf(row, column);
  if (!Number.isSafeInteger(value)) throw impossible(column, 'a number that is not whole');
  return withTwoPlaces(String(value), column, digits);
}

function withTwoPlaces(whole: string, column: string, digits: number): string {
  const sign = whole.startsWith('-') ? '-' : '';
  const figures = whole.slice(sign.length).padStart(3, '0');
  if (figures.length > digits) throw impossible(column, `a number of more than ${digits} digits`);
  return `${sign}${figures.slice(0, -2)}.${figures.slice(-2)}`;
}
