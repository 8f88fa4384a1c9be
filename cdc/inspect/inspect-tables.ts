import type { Connection, Problem } from '../../shared/index.ts';
import type { ColumnInfo, TableInfo } from '../tables/catalogue.ts';
import { textDecoder } from '../source/charset.ts';
import { ok, rowsOf, type CheckItem } from './check-item.ts';

/** Every table of the unit must exist, be transactional, have a key, and hold only what the log shows exactly. */
export function inspectTables(
  schema: string,
  wanted: readonly string[],
  found: ReadonlyMap<string, TableInfo>,
): CheckItem[] {
  return wanted.flatMap((name) => {
    const subject = `table ${schema}.${name}`;
    const table = found.get(name);
    if (!table)
      return [
        problem({ subject, value: 'missing', expected: 'an existing table', fix: `create it or correct the plan` }),
      ];
    const problems = [
      ...engineProblems(subject, table),
      ...keyProblems(subject, table),
      ...columnProblems(subject, table),
    ];
    if (problems.length > 0) return problems.map(problem);
    return [
      ok(subject, `${table.columns.length} columns, key ${table.key.join(', ')}`, 'InnoDB, a key, supported types'),
    ];
  });
}

function problem(found: Problem): CheckItem {
  return { ...found, verdict: 'problem' };
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

/** A system-versioned table logs its history rows too: an update of one row is seen as two changes. */
export async function inspectVersioning(
  connection: Connection,
  schema: string,
  tables: readonly string[],
): Promise<CheckItem[]> {
  if (tables.length === 0) return [];
  const rows = await rowsOf(
    connection,
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?) AND TABLE_TYPE = 'SYSTEM VERSIONED'`,
    [schema, tables],
  );
  return rows.map((row) =>
    problem({
      subject: `table ${schema}.${String(row['name'])}`,
      value: 'system versioned',
      expected: 'an ordinary table: the log shows its history rows as changes',
      fix: `ALTER TABLE \`${schema}\`.\`${String(row['name'])}\` DROP SYSTEM VERSIONING`,
    }),
  );
}
