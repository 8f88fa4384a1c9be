/** A DATETIME of the database as the API shows it. */
export function isoOf(datetime: string): string {
  return `${datetime.replace(' ', 'T')}Z`;
}

/** An API time (UTC, up to microseconds) as DATETIME(6) text, or undefined when it is not one. */
export function datetimeOf(value: unknown): string | undefined {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,6})?Z$/.exec(String(value));
  if (!match || Number.isNaN(Date.parse(`${match[1]}T${match[2]}Z`))) return undefined;
  return `${match[1]} ${match[2]}${match[3] ?? ''}`;
}
