const BUSY = new Set([1205, 1969, 1213, 3024]);

/** A lock was not to be had in time: somebody's transaction stayed open. Nothing was changed. */
export function isBusy(error: unknown): boolean {
  return BUSY.has((error as { errno?: number }).errno ?? 0);
}
