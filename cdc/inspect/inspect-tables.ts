import type { Connection, Problem, RowDataPacket } from '../../shared/index.ts';
import type { ColumnInfo, TableInfo } from '../tables/catalogue.ts';
import { textDecoder } from '../source/charset.ts';

/** Every table of the unit must exist, be transactional, have a key, and hold only what the log shows exactly. */
export function inspectTables(
  schema: string,
  wanted: readonly string[],
  found: ReadonlyMap<string, TableInfo>,
): Problem[] {
  return wanted.flatMap((name) => {
    const subject = `table ${schema}.${name}`;
    const table = found.get(name);
    if (!table)
      return [{ subject, value: 'missing', expected: 'an existing table', fix: `create it or correct the plan` }];
    return [...engineProblems(subject, table), ...keyProblems(subject, table), ...columnProblems(subject, table)];
  });
}

function engineProblems(subject: string, { engine, schema, name }: TableInfo): Problem[] {
  if (engine === 'InnoDB') return [];
  const fix = `ALTER TABLE \`${schema}\`.\`${name}\` ENGINE=InnoDB`;
  return [{ subject: `${subject} engine`, value: engine, expected: 'InnoDB', fix }];
}

function keyProblems(subject: string, table: TableInfo): Problem[] {
  if (table.key.length === 0)
    return [
      {
        subject,
        value: 'without a primary key',
        expected: 'a primary key',
        fix: `ALTER TABLE \`${table.schema}\`.\`${table.name}\` ADD PRIMARY KEY (…)`,
      },
    ];
  return table.key.flatMap((name) => {
    const column = table.byName.get(name);
    if (!column || !['float', 'double', 'bit', 'choice'].includes(column.kind)) return [];
    const expected = 'a key of integers, text, dates or bytes: others cannot be paged exactly';
    return [{ subject: `${subject} key ${name}`, value: column.type, expected, fix: 'use another primary key' }];
  });
}

function columnProblems(subject: string, table: TableInfo): Problem[] {
  return table.columns.flatMap((column) => {
    const reason = unsupported(column);
    if (!reason) return [];
    const fix = `change the type, or keep ${table.name} out of the unit`;
    return [{ subject: `${subject} column ${column.name}`, value: reason, expected: 'a supported type', fix }];
  });
}

function unsupported({ kind, type, charset }: ColumnInfo): string | undefined {
  if (kind === 'unsupported') return type;
  if (charset !== null && !textDecoder(charset)) return `character set ${charset}`;
  return /compressed/i.test(type) ? type : undefined;
}

/** A cascade changes child rows inside the engine: no row event tells of it. */
export async function inspectCascades(
  connection: Connection,
  schema: string,
  tables: readonly string[],
): Promise<Problem[]> {
  if (tables.length === 0) return [];
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT CONSTRAINT_NAME AS name, TABLE_NAME AS child, DELETE_RULE AS on_delete, UPDATE_RULE AS on_update
     FROM information_schema.REFERENTIAL_CONSTRAINTS
     WHERE CONSTRAINT_SCHEMA = ? AND TABLE_NAME IN (?)
       AND (DELETE_RULE IN ('CASCADE','SET NULL') OR UPDATE_RULE IN ('CASCADE','SET NULL'))`,
    [schema, tables],
  );
  return rows.map((row) => ({
    subject: `foreign key ${String(row['name'])} of ${schema}.${String(row['child'])}`,
    value: `ON DELETE ${String(row['on_delete'])} ON UPDATE ${String(row['on_update'])}`,
    expected: 'RESTRICT: rows changed by a cascade do not appear in the log',
    fix: `ALTER TABLE \`${schema}\`.\`${String(row['child'])}\` DROP FOREIGN KEY \`${String(row['name'])}\`, and delete children explicitly`,
  }));
}
