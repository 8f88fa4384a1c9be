import type { Connection } from '../../shared/index.ts';
import { readDerivations } from '../derived/derived-tables.ts';
import { findDerivedDifferences } from '../derived/differences.ts';
import type { Mapping } from '../mapping.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import type { Mismatch } from './mismatch.ts';
import type { SideTables } from './sides.ts';

/** The target's tables that the maps fill; the others are computed from these inside the target. */
export function mappedTables({ target }: SideTables, derived: Mapping['derived'] = {}): TableInfo[] {
  return [...target.values()].filter(({ name }) => !(name in derived));
}

/** Compares computed tables with what they are computed from, inside the target. Answers the rows compared. */
export async function compareDerived(
  target: Connection,
  tables: SideTables,
  derived: Mapping['derived'],
  onMismatch: (mismatch: Mismatch) => void,
): Promise<number> {
  const { differences, rows } = await findDerivedDifferences(target, readDerivations(derived, tables.target));
  for (const { kind, table, key, columns } of differences) {
    const named = columns.map((name) => ({ name, expected: 'as its SELECT says', actual: 'another value' }));
    onMismatch({ kind, table, key, columns: named });
  }
  return rows;
}
