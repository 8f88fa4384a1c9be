import type { ReaderContext } from './column-reader.ts';

/**
 * What Debezium makes of a zero date (and of a partial one, such as 2015-00-12) in a NOT NULL column: the column's
 * default, and the epoch where it has none. So these two texts may mean a zero date or themselves. Declared
 * (`zero-dates`), the epoch is the zero date; a default that is another date stays doubtful. Undeclared, both are
 * doubtful and are never applied: a wrong date is worse than a row that waits. In a nullable column zero dates come as
 * NULL, and NULL is doubtful only where zero dates were declared.
 */
export function zeroDateCheck(
  context: ReaderContext,
  kind: 'date' | 'datetime',
  toText: (n: number) => string | undefined,
): (text: string) => string {
  const { column, type, field, zeroDate, doubt } = context;
  if (column.isNullable || zeroDate === 'no-zero-dates') return (text) => text;
  const epoch = toText(0) ?? '';
  const zero = epoch.replace('1970-01-01', '0000-00-00');
  const digits = kind === 'datetime' ? (type.sizes[0] ?? 0) : 0;
  const fromSchema = typeof field?.default === 'number' ? toText(field.default) : undefined;
  const fallback = new Set([fromSchema, literalDefault(column.defaultText, kind, digits)]);
  fallback.delete(undefined);
  fallback.delete(epoch);
  return (text) => {
    if (text === epoch) {
      if (zeroDate === 'zero-dates') return zero;
      doubt('holds the epoch, which Debezium also says for a zero date: declare the column in zeroDates of mapping.ts');
    } else if (fallback.has(text)) {
      doubt('holds its default, which Debezium also says for a zero date: the two cannot be told apart');
    }
    return text;
  };
}

/** `'2001-02-03 04:05:06'` of the catalogue, in the column's own form; undefined for a zero date or a function. */
function literalDefault(text: string | null, kind: 'date' | 'datetime', digits: number): string | undefined {
  const [, date, clock = '00:00:00', fraction = ''] =
    /^'?(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d)(?:\.(\d+))?)?'?$/.exec(text ?? '') ?? [];
  if (date === undefined || date.startsWith('0000')) return undefined;
  if (kind === 'date') return date;
  return digits === 0 ? `${date} ${clock}` : `${date} ${clock}.${fraction.padEnd(digits, '0').slice(0, digits)}`;
}
