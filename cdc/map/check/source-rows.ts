import { quoteName, type Connection } from '../../../shared/index.ts';
import type { Row } from '../../change-event.ts';
import { canonicalValue, qualifiedName, selectList, type TableInfo } from '../../tables/catalogue.ts';
import { readPages } from '../../tables/table-pages.ts';

type Driver = {
  query(options: { sql: string; rowsAsArray: true }): Promise<[unknown[][], unknown]>;
};

const PAGE_ROWS = 1000;

/** Every row of a table in key order, or about `sampleRows` of them: the oldest and the newest half by key. */
export async function* sourceRows(
  connection: Connection,
  table: TableInfo,
  sampleRows: number | undefined,
): AsyncGenerator<readonly Row[]> {
  if (sampleRows === undefined) yield* readPages(connection, table, PAGE_ROWS);
  else yield* pagesOf(await readEnds(connection, table, sampleRows));
}

async function readEnds(connection: Connection, table: TableInfo, sampleRows: number): Promise<Row[]> {
  const half = Math.max(1, Math.ceil(sampleRows / 2));
  const rows = [
    ...(await readEnd(connection, table, 'ASC', half)),
    ...(await readEnd(connection, table, 'DESC', half)),
  ];
  const idOf = (row: Row): string => JSON.stringify(table.key.map((name) => row[name]));
  return [...new Map(rows.map((row) => [idOf(row), row])).values()];
}

async function readEnd(connection: Connection, table: TableInfo, direction: string, limit: number): Promise<Row[]> {
  const order = table.key.map((name) => `${quoteName(name)} ${direction}`).join(', ');
  const sql = `SELECT ${selectList(table.columns)} FROM ${qualifiedName(table)} ORDER BY ${order} LIMIT ${limit}`;
  const [rows] = await (connection as unknown as Driver).query({ sql, rowsAsArray: true });
  return rows.map((values) =>
    Object.fromEntries(table.columns.map((column, i) => [column.name, canonicalValue(column, values[i])])),
  );
}

function* pagesOf(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let i = 0; i < rows.length; i += PAGE_ROWS) yield rows.slice(i, i + PAGE_ROWS);
}
