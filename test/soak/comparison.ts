import { openConnection, type Connection } from '../../shared/index.ts';
import type { MariaDb } from '../../stack/index.ts';
import { comparisons } from './soak-unit.ts';

export interface Comparison {
  readonly rows: number;
  /** Rows on one side only or with other values; entries that the target wrote more or less than once. */
  readonly differences: readonly string[];
}

/** Every row of the target, and its audit, against what the rows of the source should have become. */
export async function compare(source: MariaDb, target: MariaDb): Promise<Comparison> {
  const [from, to] = await Promise.all([openConnection(source.url()), openConnection(target.url())]);
  const differences: string[] = [];
  let rows = 0;
  for (const [expected, found] of comparisons) {
    const [wanted, actual] = [await linesOf(from, expected), await linesOf(to, found)];
    rows += wanted.length;
    differences.push(...differing(wanted, actual).map((line) => `${found}: ${line}`));
  }
  from.destroy();
  to.destroy();
  return { rows, differences };
}

/** Sorted, so that a row that is there twice stands beside itself. */
async function linesOf(connection: Connection, sql: string): Promise<string[]> {
  const [rows] = await connection.query({ sql, rowsAsArray: true });
  return (rows as unknown[][]).map((row) => JSON.stringify(row)).toSorted();
}

function differing(wanted: readonly string[], actual: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of wanted) left.set(line, (left.get(line) ?? 0) + 1);
  for (const line of actual) left.set(line, (left.get(line) ?? 0) - 1);
  return [...left]
    .filter(([, count]) => count !== 0)
    .map(([line, count]) => `${count > 0 ? 'missing' : 'extra'} ${line}`);
}
