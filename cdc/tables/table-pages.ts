import { quoteName, type Connection } from '../../shared/index.ts';
import { canonicalValue, qualifiedName, selectList, type ColumnInfo, type TableInfo } from './catalogue.ts';
import type { Row, Value } from '../change-event.ts';
import { keyLiteral } from './key-literal.ts';

type Driver = {
  query(options: { sql: string; rowsAsArray: true }): Promise<[unknown[][], unknown]>;
};

/**
 * Reads a table in primary key order, from the start or behind a key, a page at a time; the next page is under way while
 * one is used.
 */
export async function* readPages(
  connection: Connection,
  table: TableInfo,
  pageRows: number,
  after?: Row,
): AsyncGenerator<readonly Row[]> {
  let next: Promise<Row[]> | undefined = readPage(connection, table, after, pageRows);
  try {
    while (next) {
      const page: Row[] = await next;
      const last = page.length === pageRows ? page.at(-1) : undefined;
      next = last && readPage(connection, table, last, pageRows);
      next?.catch(() => undefined);
      if (page.length > 0) yield page;
    }
  } finally {
    await next?.catch(() => undefined);
  }
}

/** The rows of these keys that exist, whole. */
export async function readKeys(connection: Connection, table: TableInfo, keys: readonly Row[]): Promise<Row[]> {
  if (keys.length === 0) return [];
  return select(connection, table, `WHERE ${amongKeys(table, Object.keys(keys[0] as Row), keys)}`);
}

/** Some columns of the rows of these keys that exist, in canonical form, in the order asked for. */
export async function readValues(
  connection: Connection,
  table: TableInfo,
  names: readonly string[],
  keyNames: readonly string[],
  keys: readonly Row[],
): Promise<Value[][]> {
  const columns = names.map((name) => table.byName.get(name) as ColumnInfo);
  const sql = `SELECT ${selectList(columns)} FROM ${qualifiedName(table)} WHERE ${amongKeys(table, keyNames, keys)}`;
  const [rows] = await (connection as unknown as Driver).query({ sql, rowsAsArray: true });
  return rows.map((values) => values.map((value, i) => canonicalValue(columns[i] as ColumnInfo, value)));
}

function amongKeys(table: TableInfo, names: readonly string[], keys: readonly Row[]): string {
  const literals = keys.map((key) => names.map((name) => literalOf(table, name, key[name] ?? null)));
  if (names.length === 1) return `${quoteName(names[0] as string)} IN (${literals.map(([first]) => first).join(',')})`;
  return literals
    .map((values) => `(${names.map((n, i) => `${quoteName(n)}=${values[i]}`).join(' AND ')})`)
    .join(' OR ');
}

function readPage(connection: Connection, table: TableInfo, after: Row | undefined, limit: number): Promise<Row[]> {
  const where = after ? `WHERE ${behind(table, after)} ` : '';
  return select(connection, table, `${where}ORDER BY ${table.key.map(quoteName).join(', ')} LIMIT ${limit}`);
}

/** `(a > 1) OR (a = 1 AND b > 2)`: MariaDB uses the index for this form, not for a comparison of pairs. */
export function behind(table: TableInfo, after: Row): string {
  const literals = table.key.map((name) => literalOf(table, name, after[name] ?? null));
  const terms = table.key.map((name, i) => {
    const equal = table.key.slice(0, i).map((n, j) => `${quoteName(n)}=${literals[j]}`);
    return `(${[...equal, `${quoteName(name)}>${literals[i]}`].join(' AND ')})`;
  });
  return `(${terms.join(' OR ')})`;
}

function literalOf(table: TableInfo, column: string, value: Value): string {
  return keyLiteral(table.byName.get(column), value);
}

async function select(connection: Connection, table: TableInfo, rest: string): Promise<Row[]> {
  const sql = `SELECT ${selectList(table.columns)} FROM ${qualifiedName(table)} ${rest}`;
  const [rows] = await (connection as unknown as Driver).query({ sql, rowsAsArray: true });
  return rows.map((values) => toRow(table.columns, values));
}

/** What the driver gives for the columns of `selectList`, as a row in canonical form. */
export function toRow(columns: readonly ColumnInfo[], values: readonly unknown[]): Row {
  const row: Record<string, Value> = {};
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i] as ColumnInfo;
    row[column.name] = canonicalValue(column, values[i]);
  }
  return row;
}
