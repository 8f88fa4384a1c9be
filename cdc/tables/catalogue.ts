import { quoteName, type Connection, type RowDataPacket } from '../../shared/index.ts';
import type { Value } from '../change-event.ts';

/** How a column's values look in canonical form, and how they are written as SQL. */
export type ColumnKind = 'integer' | 'exact' | 'float' | 'double' | 'text' | 'choice' | 'bytes' | 'bit' | 'unsupported';

export interface ColumnInfo {
  readonly name: string;
  readonly kind: ColumnKind;
  /** As written in the table's definition. */
  readonly type: string;
  readonly charset: string | null;
  readonly isZerofill: boolean;
  readonly isGenerated: boolean;
  /** Changes by itself with every update that does not name it. */
  readonly isAutoUpdated: boolean;
  readonly isNullable: boolean;
  /** The default as the catalogue writes it: a quoted literal, a number, a function call; null for none. */
  readonly defaultText: string | null;
  /** Declared JSON; MariaDB stores that as text with a check that it is valid. */
  readonly isJson: boolean;
}

export interface TableInfo {
  readonly schema: string;
  readonly name: string;
  readonly engine: string;
  readonly columns: readonly ColumnInfo[];
  readonly byName: ReadonlyMap<string, ColumnInfo>;
  readonly key: readonly string[];
  /** Names of unique indexes other than the primary key. */
  readonly uniques: readonly string[];
  readonly rowsEstimate: number;
}

const kinds: Readonly<Record<string, ColumnKind>> = {
  tinyint: 'integer',
  smallint: 'integer',
  mediumint: 'integer',
  int: 'integer',
  year: 'integer',
  bigint: 'exact',
  decimal: 'exact',
  float: 'float',
  double: 'double',
  char: 'text',
  varchar: 'text',
  tinytext: 'text',
  text: 'text',
  mediumtext: 'text',
  longtext: 'text',
  json: 'text',
  enum: 'choice',
  set: 'choice',
  date: 'text',
  datetime: 'text',
  timestamp: 'text',
  time: 'text',
  binary: 'bytes',
  varbinary: 'bytes',
  tinyblob: 'bytes',
  blob: 'bytes',
  mediumblob: 'bytes',
  longblob: 'bytes',
  bit: 'bit',
};

/** By the bare name of a type, such as `bigint`. */
export function kindOfType(name: string): ColumnKind {
  return kinds[name.toLowerCase()] ?? 'unsupported';
}

/** The tables that exist among those asked for, by name. */
export async function readCatalogue(
  connection: Connection,
  schema: string,
  tables: readonly string[],
): Promise<Map<string, TableInfo>> {
  if (tables.length === 0) return new Map();
  const query = async (sql: string): Promise<RowDataPacket[]> =>
    (await connection.query<RowDataPacket[]>(sql, [schema, tables]))[0];
  const found = await query(
    `SELECT TABLE_NAME AS t, ENGINE AS engine, TABLE_ROWS AS estimate FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?)`,
  );
  const columns = await query(
    `SELECT TABLE_NAME AS t, COLUMN_NAME AS name, DATA_TYPE AS data_type, COLUMN_TYPE AS type, EXTRA AS extra,
       CHARACTER_SET_NAME AS charset, GENERATION_EXPRESSION AS expression, IS_NULLABLE AS nullable,
       COLUMN_DEFAULT AS default_text
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?) ORDER BY TABLE_NAME, ORDINAL_POSITION`,
  );
  const indexes = await query(
    `SELECT TABLE_NAME AS t, INDEX_NAME AS name, COLUMN_NAME AS col FROM information_schema.STATISTICS
     WHERE NON_UNIQUE = 0 AND TABLE_SCHEMA = ? AND TABLE_NAME IN (?) ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`,
  );
  const json = await jsonColumns(connection, schema);
  const of = (rows: RowDataPacket[], table: string): RowDataPacket[] => rows.filter((row) => row['t'] === table);
  return new Map(
    found.map((row) => {
      const name = String(row['t']);
      const infos = of(columns, name).map((column) => columnInfo(column, json));
      const unique = of(indexes, name);
      const info: TableInfo = {
        schema,
        name,
        engine: String(row['engine']),
        columns: infos,
        byName: new Map(infos.map((column) => [column.name, column])),
        key: unique.filter((i) => i['name'] === 'PRIMARY').map((i) => String(i['col'])),
        uniques: [...new Set(unique.map((i) => String(i['name'])))].filter((index) => index !== 'PRIMARY'),
        rowsEstimate: Number(row['estimate'] ?? 0),
      };
      return [name, info];
    }),
  );
}

/** `table.column` of MariaDB's JSON columns: LONGTEXT with a check of its own. Servers with a real type need no look. */
async function jsonColumns(connection: Connection, schema: string): Promise<ReadonlySet<string>> {
  const [[server]] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
  if (!String(server?.['version']).includes('MariaDB')) return new Set();
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT TABLE_NAME AS t, CONSTRAINT_NAME AS name FROM information_schema.CHECK_CONSTRAINTS
     WHERE CONSTRAINT_SCHEMA = ? AND CHECK_CLAUSE = CONCAT('json_valid(\`', CONSTRAINT_NAME, '\`)')`,
    [schema],
  );
  return new Set(rows.map((row) => `${row['t']}.${row['name']}`));
}

function columnInfo(row: RowDataPacket, json: ReadonlySet<string>): ColumnInfo {
  const type = String(row['type']);
  const extra = String(row['extra']).toLowerCase();
  // A temporal column in the format before MariaDB 10.1 carries this remark; the log does not tell its layout.
  const isOldTemporal = type.includes('mariadb-5.3');
  return {
    name: String(row['name']),
    kind: isOldTemporal ? 'unsupported' : kindOfType(String(row['data_type'])),
    type,
    charset: row['charset'] as string | null,
    isZerofill: type.includes('zerofill'),
    isGenerated: Boolean(row['expression']) || extra.includes('generated'),
    isAutoUpdated: extra.includes('on update'),
    isNullable: row['nullable'] === 'YES',
    defaultText: row['default_text'] === null ? null : String(row['default_text']),
    isJson: type === 'json' || json.has(`${row['t']}.${row['name']}`),
  };
}

export function qualifiedName(table: { readonly schema: string; readonly name: string }): string {
  return `${quoteName(table.schema)}.${quoteName(table.name)}`;
}

/** What to select so that nothing is rounded: MariaDB prints FLOAT with six digits only. */
export function selectList(columns: readonly ColumnInfo[]): string {
  return columns
    .map(({ kind, name }) => (kind === 'float' ? `CAST(${quoteName(name)} AS DOUBLE)` : quoteName(name)))
    .join(', ');
}

/** Turns what the driver gives for a selected column (lossless options) into canonical form. */
export function canonicalValue(column: ColumnInfo, value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (column.kind === 'float' || column.kind === 'double' || column.kind === 'integer') return Number(value) + 0;
  if (column.isZerofill && typeof value === 'string') return value.replace(/^0+(?=\d)/, '');
  return value as Value;
}
