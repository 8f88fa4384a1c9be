/** A row id from the path or the query. Ids start at 1, so 0 stands for "no such row". */
export function idOf(value: unknown): string {
  return /^\d{1,19}$/.test(String(value)) ? String(value) : '0';
}

/** `?limit=`: what is no positive number means 20; never more than 100. */
export function limitOf(value: unknown): number {
  const limit = Number.parseInt(String(value), 10);
  return limit > 0 ? Math.min(limit, 100) : 20;
}
