import { quoteName, type Connection, type RowDataPacket } from '../../shared/index.ts';
import type { Row, Value } from '../change-event.ts';
import { qualifiedName, type TableInfo } from '../tables/catalogue.ts';
import type { Mismatch } from './mismatch.ts';

interface ForeignKey {
  readonly name: string;
  readonly table: TableInfo;
  readonly columns: readonly string[];
  readonly parent: string;
  readonly parentColumns: readonly string[];
}

const ORPHANS_SHOWN = 1_000;

/**
 * Rows whose foreign key leads nowhere: streams apply without the server's own check, so that a child may come before
 * its parent inside a batch. At a transaction's end there must be none.
 */
export async function findOrphans(
  connection: Connection,
  tables: ReadonlyMap<string, TableInfo>,
  onMismatch: (mismatch: Mismatch) => void,
): Promise<void> {
  for (const foreignKey of await readForeignKeys(connection, tables))
    for (const key of await orphansOf(connection, foreignKey)) {
      const columns = foreignKey.columns.map((name) => ({ name, expected: foreignKey.parent, actual: 'no such row' }));
      onMismatch({ kind: 'orphan', table: foreignKey.table.name, key, columns });
    }
}

async function readForeignKeys(
  connection: Connection,
  tables: ReadonlyMap<string, TableInfo>,
): Promise<readonly ForeignKey[]> {
  const [first] = tables.values();
  if (!first) return [];
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT CONSTRAINT_NAME AS name, TABLE_NAME AS t, COLUMN_NAME AS col, REFERENCED_TABLE_SCHEMA AS parent_schema,
       REFERENCED_TABLE_NAME AS parent, REFERENCED_COLUMN_NAME AS parent_col
     FROM information_schema.KEY_COLUMN_USAGE
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?) AND REFERENCED_TABLE_NAME IS NOT NULL
     ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION`,
    [first.schema, [...tables.keys()]],
  );
  const byName = Map.groupBy(rows, (row) => `${row['t']} ${row['name']}`);
  return [...byName.values()].map((columns) => {
    const head = columns[0] as RowDataPacket;
    return {
      name: String(head['name']),
      table: tables.get(String(head['t'])) as TableInfo,
      columns: columns.map((row) => String(row['col'])),
      parent: qualifiedName({ schema: String(head['parent_schema']), name: String(head['parent']) }),
      parentColumns: columns.map((row) => String(row['parent_col'])),
    };
  });
}

async function orphansOf(connection: Connection, foreignKey: ForeignKey): Promise<Row[]> {
  const { table, columns, parent, parentColumns } = foreignKey;
  const joined = columns.map((name, i) => `p.${quoteName(parentColumns[i] as string)} = c.${quoteName(name)}`);
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT ${table.key.map((name) => `c.${quoteName(name)}`).join(', ')} FROM ${qualifiedName(table)} c
     WHERE ${columns.map((name) => `c.${quoteName(name)} IS NOT NULL`).join(' AND ')}
       AND NOT EXISTS (SELECT 1 FROM ${parent} p WHERE ${joined.join(' AND ')}) LIMIT ${ORPHANS_SHOWN}`,
  );
  return rows.map((row) => Object.fromEntries(table.key.map((name) => [name, row[name] as Value])));
}

/**
 * Target tables that would hand out an id the source has used: the row would overwrite, or be overwritten by, the one it
 * collides with. Looked at where a table of the source, of the same single integer key, feeds it. The target is asked
 * after `hasCaughtUp`, so that a row in flight does not count.
 */
export async function findHeadroom(
  sides: { readonly source: Connection; readonly target: Connection },
  sources: readonly TableInfo[],
  targets: ReadonlyMap<string, TableInfo>,
  yields: ReadonlyMap<string, ReadonlySet<string>>,
  onMismatch: (mismatch: Mismatch) => void,
  hasCaughtUp: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<void> {
  const pairs = [...targets.values()].flatMap((target) =>
    sources.filter((source) => isFeeder(source, target, yields)).map((source) => ({ source, target })),
  );
  const used = new Map<string, bigint>();
  for (const { source } of pairs) used.set(source.name, await greatestId(sides.source, source));
  if (pairs.length === 0 || !(await hasCaughtUp())) return;
  for (const { source, target } of pairs) {
    const [next, last] = [await nextId(sides.target, target), used.get(source.name) ?? 0n];
    if (next === undefined || last < next) continue;
    const name = target.key[0] as string;
    const columns = [{ name, expected: `above ${last}, used in ${source.name}`, actual: `${next} comes next` }];
    onMismatch({ kind: 'headroom', table: target.name, key: { [name]: String(next) }, columns });
  }
}

function isFeeder(source: TableInfo, target: TableInfo, yields: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const [from, to] = [source.key, target.key];
  return from.length === 1 && from[0] === to[0] && (yields.get(target.name)?.has(source.name) ?? false);
}

async function nextId(connection: Connection, { schema, name, key }: TableInfo): Promise<bigint | undefined> {
  if (key.length !== 1) return undefined;
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT AUTO_INCREMENT AS next FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?',
    [schema, name],
  );
  const next = rows[0]?.['next'] as string | number | null | undefined;
  return next === null || next === undefined ? undefined : BigInt(next);
}

async function greatestId(connection: Connection, source: TableInfo): Promise<bigint> {
  const column = quoteName(source.key[0] as string);
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT COALESCE(MAX(${column}), 0) AS used FROM ${qualifiedName(source)}`,
  );
  const used = String(rows[0]?.['used']);
  return /^-?\d+$/.test(used) ? BigInt(used) : 0n;
}
