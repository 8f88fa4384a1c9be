import { quoteName, type Connection } from '../../shared/index.ts';
import { qualifiedName, type TableInfo } from '../tables/catalogue.ts';
import { judged, rowsOf, type CheckItem } from './check-item.ts';

const BUDGET_S = 20;
const TOOK_TOO_LONG = 1969;

/**
 * Debezium says 1970-01-01 where a NOT NULL column holds a zero date, and NULL where another does: columns in which
 * zero dates are really found must be declared, and those that may be NULL must not hold any.
 */
export async function inspectZeroDates(
  connection: Connection,
  tables: ReadonlyMap<string, TableInfo>,
  declared: Readonly<Record<string, readonly string[]>>,
): Promise<CheckItem[]> {
  const items: CheckItem[] = [];
  for (const table of tables.values())
    for (const { name, type, isNullable } of table.columns) {
      if (!/^(date|datetime|timestamp)\b/.test(type)) continue;
      const isDeclared = declared[table.name]?.includes(name) ?? false;
      if (!isDeclared || isNullable) items.push(await countZeroDates(connection, table, name, isNullable));
    }
  return items;
}

async function countZeroDates(
  connection: Connection,
  table: TableInfo,
  column: string,
  isNullable: boolean,
): Promise<CheckItem> {
  const subject = `zero dates in ${table.schema}.${table.name}.${column}`;
  const expected = isNullable
    ? 'none: Debezium turns them into NULL'
    : 'none, or a declaration: Debezium turns them into 1970-01-01';
  const fix = isNullable
    ? `UPDATE ${qualifiedName(table)} SET ${quoteName(column)} = NULL WHERE ${quoteName(column)} = 0`
    : `declare zeroDates: { ${table.name}: ['${column}'] } in mapping.ts`;
  try {
    const [row] = await rowsOf(
      connection,
      `SET STATEMENT max_statement_time=${BUDGET_S} FOR
       SELECT COUNT(*) AS n FROM ${qualifiedName(table)} WHERE ${quoteName(column)} = 0`,
    );
    const rows = Number(row?.['n']);
    return judged(rows === 0, 'problem', { subject, value: `${rows} rows`, expected, fix });
  } catch (error) {
    if ((error as { errno?: number }).errno !== TOOK_TOO_LONG) throw error;
    return { verdict: 'unknown', subject, value: `not counted within ${BUDGET_S} s`, expected, fix };
  }
}

/** The streams set their own mode; what the service itself does with a column that defaults to a zero date is another matter. */
export async function inspectDateMode(
  connection: Connection,
  role: string,
  tables: ReadonlyMap<string, TableInfo>,
): Promise<CheckItem> {
  const [row] = await rowsOf(connection, 'SELECT @@GLOBAL.sql_mode AS mode');
  const modes = String(row?.['mode']).split(',');
  const refuses = modes.some((mode) => mode === 'NO_ZERO_DATE' || mode === 'NO_ZERO_IN_DATE' || mode === 'TRADITIONAL');
  const columns = [...tables.values()].flatMap((table) =>
    table.columns
      .filter(({ defaultText }) => defaultText?.includes('0000-00-00'))
      .map(({ name }) => `${table.name}.${name}`),
  );
  return judged(!refuses || columns.length === 0, 'warning', {
    subject: `${role} sql_mode`,
    value: refuses
      ? `refuses zero dates, ${columns.length} column(s) default to one: ${columns.join(', ') || 'none'}`
      : 'allows zero dates',
    expected: 'a mode in which applications can write the defaults of these tables',
    fix: 'give the columns another default, or take NO_ZERO_DATE and NO_ZERO_IN_DATE out of sql_mode',
  });
}
