/** How much to make, and from which seed. Locations follow from trips, about 1.5 for each. */
export interface SeedSize {
  readonly users: number;
  readonly vehicles: number;
  readonly trips: number;
  readonly seed: number;
}

export const defaultSize: SeedSize = { users: 10_000, vehicles: 1_000, trips: 200_000, seed: 2014 };

export type Cell = string | number | null;

/** One table's rows, made while they are read. */
export interface SeedTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: () => Iterable<readonly Cell[]>;
}

export const ZERO_DATE = '0000-00-00 00:00:00';
/** Nothing in the seed is younger; the clock of the machine plays no part. */
export const END_MS = Date.UTC(2026, 5, 1);
export const START_MS = Date.UTC(2016, 0, 4);

/** DATETIME text of a time, with 0 or 3 fraction digits. */
export function datetime(ms: number, digits: 0 | 3 = 0): string {
  const text = new Date(ms).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, digits === 0 ? 19 : 23)}`;
}
