const ZERO = '0000-00-00';

/** A DATETIME as the API shows it; the zero date means "has not happened". */
export function time(value: string | null): string | null {
  if (value === null || value.startsWith(ZERO)) return null;
  return `${value.replace(' ', 'T')}Z`;
}

/** A JSON column: MariaDB keeps it as text. */
export function json(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : (value ?? null);
}

/** An API time (UTC, up to microseconds) as DATETIME(6) text, or undefined when it is not one. */
export function toDatetime(value: unknown): string | undefined {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,6})?Z$/.exec(String(value));
  if (!match || Number.isNaN(Date.parse(`${match[1]}T${match[2]}Z`))) return undefined;
  return `${match[1]} ${match[2]}${match[3] ?? ''}`;
}

/** A row id from the path; anything else finds nothing. */
export function idOf(value: unknown): string {
  return /^\d{1,19}$/.test(String(value)) ? String(value) : '0';
}

/** `?limit=` with a default and a ceiling. */
export function limitOf(value: unknown, otherwise: number, max: number): number {
  const limit = Number.parseInt(String(value), 10);
  return limit > 0 ? Math.min(limit, max) : otherwise;
}

/** A query parameter's text; Express hands out arrays and objects too. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
