import type { Connection, RowDataPacket } from '../../../shared/index.ts';

/** What the catalogue says a column asks of a row, beyond its type. */
export interface ColumnRules {
  /** A row that does not name it is refused: NOT NULL, without a default, not numbered by the server. */
  readonly isRequired: boolean;
  /** Members of an ENUM in their order; empty for other types. */
  readonly members: readonly string[];
  /** Definition of a generated column, such as `int(11) AS (a + 1)`. */
  readonly generated: string | undefined;
}

export interface UniqueIndex {
  readonly name: string;
  /** As written in an index definition, with prefix lengths. */
  readonly columns: readonly { readonly name: string; readonly definition: string }[];
}

/** What a table accepts, as far as a scratch copy of it must know. */
export interface TableRules {
  readonly columns: ReadonlyMap<string, ColumnRules>;
  readonly uniques: readonly UniqueIndex[];
  readonly checks: readonly { readonly name: string; readonly clause: string }[];
}

export async function readTableRules(connection: Connection, schema: string, table: string): Promise<TableRules> {
  const query = async (sql: string): Promise<RowDataPacket[]> =>
    (await connection.query<RowDataPacket[]>(sql, [schema, table]))[0];
  const columns = await query(
    `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS type, IS_NULLABLE AS nullable, COLUMN_DEFAULT AS preset, EXTRA AS extra,
       GENERATION_EXPRESSION AS expression, CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?`,
  );
  const indexes = await query(
    `SELECT INDEX_NAME AS name, COLUMN_NAME AS col, SUB_PART AS length FROM information_schema.STATISTICS
     WHERE NON_UNIQUE = 0 AND TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY INDEX_NAME, SEQ_IN_INDEX`,
  );
  const checks = await query(
    `SELECT CONSTRAINT_NAME AS name, CHECK_CLAUSE AS clause FROM information_schema.CHECK_CONSTRAINTS
     WHERE CONSTRAINT_SCHEMA = ? AND TABLE_NAME = ?`,
  );
  return {
    columns: new Map(columns.map((row) => [String(row['name']), columnRules(row)])),
    uniques: uniqueIndexes(indexes),
    checks: checks.map((row) => ({ name: String(row['name']), clause: String(row['clause']) })),
  };
}

function columnRules(row: RowDataPacket): ColumnRules {
  const type = String(row['type']);
  const extra = String(row['extra']).toLowerCase();
  const generated = row['expression'] ? `${typeOf(row)} AS (${String(row['expression'])}) VIRTUAL` : undefined;
  const isNumbered = extra.includes('auto_increment');
  return {
    isRequired: row['nullable'] === 'NO' && row['preset'] === null && !isNumbered && generated === undefined,
    members: type.startsWith('enum') ? membersOf(type) : [],
    generated,
  };
}

function typeOf(row: RowDataPacket): string {
  const charset = row['charset'] === null ? '' : ` CHARACTER SET ${row['charset']} COLLATE ${row['collation']}`;
  return `${row['type']}${charset}`;
}

/** `enum('a','it''s')` to its members. */
export function membersOf(type: string): string[] {
  return [...type.matchAll(/'((?:[^']|'')*)'/g)].map(([, text = '']) => text.replaceAll("''", "'"));
}

function uniqueIndexes(rows: readonly RowDataPacket[]): UniqueIndex[] {
  const byName = new Map<string, { name: string; definition: string }[]>();
  for (const row of rows) {
    const name = String(row['col']);
    const length = row['length'] === null ? '' : `(${Number(row['length'])})`;
    const columns = byName.get(String(row['name'])) ?? [];
    columns.push({ name, definition: `\`${name.replaceAll('`', '``')}\`${length}` });
    byName.set(String(row['name']), columns);
  }
  return [...byName].map(([name, columns]) => ({ name, columns }));
}
