import type { Connection, RowDataPacket } from '../../shared/index.ts';

/** A table's definition as far as a mapping can depend on it. Plain data, so that it can be kept as JSON. */
export interface TableShape {
  readonly table: string;
  readonly columns: Readonly<Record<string, ColumnShape>>;
  readonly key: readonly string[];
}

export interface ColumnShape {
  /** As in the definition, such as `varchar(40)`. */
  readonly type: string;
  readonly nullable: boolean;
  readonly charset: string | null;
  readonly generated: boolean;
}

/** One thing that is not as it was. */
export interface ShapeChange {
  readonly table: string;
  /** `undefined` when the table as a whole or its key changed. */
  readonly column?: string;
  readonly what: string;
}

/** The definitions of the tables that exist now. */
export async function readShapes(
  connection: Connection,
  schema: string,
  tables: readonly string[],
): Promise<TableShape[]> {
  if (tables.length === 0) return [];
  const [columns] = await connection.query<RowDataPacket[]>(
    `SELECT TABLE_NAME AS t, COLUMN_NAME AS name, COLUMN_TYPE AS type, IS_NULLABLE AS nullable, COLUMN_KEY AS in_key,
       CHARACTER_SET_NAME AS charset, EXTRA AS extra
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?) ORDER BY TABLE_NAME, ORDINAL_POSITION`,
    [schema, tables],
  );
  return tables.flatMap((table) => {
    const own = columns.filter((row) => row['t'] === table);
    return own.length > 0 ? [shapeOf(table, own)] : [];
  });
}

function shapeOf(table: string, rows: readonly RowDataPacket[]): TableShape {
  const columns = rows.map((row): [string, ColumnShape] => [
    String(row['name']),
    {
      type: String(row['type']),
      nullable: row['nullable'] === 'YES',
      charset: row['charset'] as string | null,
      generated: /generated/i.test(String(row['extra'])),
    },
  ]);
  const key = rows.filter((row) => row['in_key'] === 'PRI').map((row) => String(row['name']));
  return { table, columns: Object.fromEntries(columns), key };
}

/** What is different now, table by table and column by column. */
export function compareShapes(before: readonly TableShape[], now: readonly TableShape[]): ShapeChange[] {
  return before.flatMap((old) => {
    const { table } = old;
    const found = now.find((shape) => shape.table === table);
    return found ? compareTable(old, found) : [{ table, what: 'was dropped or renamed' }];
  });
}

function compareTable(old: TableShape, now: TableShape): ShapeChange[] {
  const { table } = old;
  const names = new Set([...Object.keys(old.columns), ...Object.keys(now.columns)]);
  const changes = [...names].flatMap((column): ShapeChange[] => {
    const what = compareColumn(old.columns[column], now.columns[column]);
    return what === undefined ? [] : [{ table, column, what }];
  });
  if (old.key.join() === now.key.join()) return changes;
  return [...changes, { table, what: `primary key was (${old.key.join(', ')}), is (${now.key.join(', ')})` }];
}

function compareColumn(old: ColumnShape | undefined, now: ColumnShape | undefined): string | undefined {
  if (!now) return 'was dropped or renamed';
  if (!old) return `was added as ${describeColumn(now)}`;
  const [was, is] = [describeColumn(old), describeColumn(now)];
  return was === is ? undefined : `was ${was}, is ${is}`;
}

function describeColumn({ type, nullable, charset, generated }: ColumnShape): string {
  const parts = [type, charset && `character set ${charset}`, nullable ? 'NULL' : 'NOT NULL', generated && 'generated'];
  return parts.filter(Boolean).join(' ');
}
