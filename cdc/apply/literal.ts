import type { Value } from '../change-event.ts';
import type { ColumnKind } from '../tables/catalogue.ts';

/** Writes values of one column as SQL. */
export type WriteLiteral = (value: Value) => string;

const plainNumber = /^-?\d+(\.\d+)?$/;
// oxlint-disable-next-line no-control-regex -- NUL is one of the characters that must be escaped
const special = /['\\\0]/;

/**
 * A number column gets its text unquoted: compared with a quoted text MariaDB would compare as floating point, wrong
 * beyond 2^53. The session must not run with NO_BACKSLASH_ESCAPES.
 */
export function literalWriter(kind: ColumnKind | undefined): WriteLiteral {
  return kind === 'exact' || kind === 'integer' ? numberLiteral : textLiteral;
}

function numberLiteral(value: Value): string {
  if (typeof value === 'string' && plainNumber.test(value)) return value;
  return textLiteral(value);
}

function textLiteral(value: Value): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return quoteText(value);
  if (typeof value === 'number') return String(value);
  return `x'${value.toString('hex')}'`;
}

export function quoteText(text: string): string {
  if (!special.test(text)) return `'${text}'`;
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\0', '\\0')}'`;
}
