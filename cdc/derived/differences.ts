import { quoteName, type Connection, type RowDataPacket } from '../../shared/index.ts';
import type { Row } from '../change-event.ts';
import type { ColumnInfo } from '../tables/catalogue.ts';
import { names, type Derivation, type Derivations } from './derived-tables.ts';

/** A derived row that is not what its SELECT says of the landing rows. */
export interface DerivedDifference {
  readonly table: string;
  readonly key: Row;
  readonly kind: 'missing' | 'extra' | 'different';
  /** Columns that differ, when the row is there on both sides. */
  readonly columns: readonly string[];
}

export interface DerivedComparison {
  readonly differences: readonly DerivedDifference[];
  /** Derived rows looked at. */
  readonly rows: number;
}

/**
 * Compares every derived table with its SELECT over the landing rows, inside the server, in one view of the connection:
 * true of a moment only if the caller opened a consistent snapshot on it. At most `limit` differences of each table are
 * named. Says nothing about the landing rows themselves.
 */
export async function findDerivedDifferences(
  connection: Connection,
  derivations: Derivations,
  limit = 100,
): Promise<DerivedComparison> {
  const differences: DerivedDifference[] = [];
  let rows = 0;
  for (const derivation of derivations ?? []) {
    await connection.query(`USE ${quoteName(derivation.table.schema)}`);
    const [[count]] = await connection.query<RowDataPacket[]>(`SELECT COUNT(*) AS n FROM ${derivation.name}`);
    rows += Number(count?.['n']);
    differences.push(
      ...(await wrongRows(connection, derivation, limit)),
      ...(await extraRows(connection, derivation, limit)),
    );
  }
  return { differences, rows };
}

async function wrongRows(connection: Connection, derivation: Derivation, limit: number): Promise<DerivedDifference[]> {
  const { table, name, key, columns, select } = derivation;
  const compared = columns.map((column) => table.byName.get(column) as ColumnInfo);
  const flags = compared.map((column, i) => `${differs(column)} AS c${i}`);
  const wrong = [`d.${quoteName(key[0] as string)} IS NULL`, ...compared.map(differs)].join(' OR ');
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT ${names(key, 's.')}, ${[`d.${quoteName(key[0] as string)} IS NULL AS gone`, ...flags].join(', ')}
     FROM (${select}) s LEFT JOIN ${name} d ON ${joined(key)} WHERE ${wrong} LIMIT ${limit}`,
  );
  return rows.map((row) => {
    const isMissing = Number(row['gone']) === 1;
    const differing = compared.filter((_, i) => Number(row[`c${i}`]) === 1).map((column) => column.name);
    const kind = isMissing ? 'missing' : 'different';
    return { table: table.name, key: keyOf(key, row), kind, columns: isMissing ? [] : differing };
  });
}

async function extraRows(connection: Connection, derivation: Derivation, limit: number): Promise<DerivedDifference[]> {
  const { table, name, key, select } = derivation;
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT ${names(key, 'd.')} FROM ${name} d LEFT JOIN (${select}) s ON ${joined(key)}
     WHERE s.${quoteName(key[0] as string)} IS NULL LIMIT ${limit}`,
  );
  return rows.map((row) => ({ table: table.name, key: keyOf(key, row), kind: 'extra', columns: [] }));
}

/** Text is compared byte by byte: an equality of the column's collation would overlook a change of case. */
function differs({ name, kind, charset }: ColumnInfo): string {
  const column = quoteName(name);
  if (kind !== 'text' || charset === null) return `NOT (s.${column} <=> d.${column})`;
  const exact = (alias: string): string => `CONVERT(${alias}.${column} USING utf8mb4) COLLATE utf8mb4_nopad_bin`;
  return `NOT (${exact('s')} <=> ${exact('d')})`;
}

function joined(key: readonly string[]): string {
  return key.map((column) => `s.${quoteName(column)} = d.${quoteName(column)}`).join(' AND ');
}

function keyOf(key: readonly string[], row: RowDataPacket): Row {
  return Object.fromEntries(key.map((column) => [column, row[column] as Row[string]]));
}
