import type { Connection, Problem } from '../../shared/index.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import { mapRow } from '../verify/map-row.ts';
import type { TableMaps, TargetRow } from '../mapping.ts';
import { readPages } from '../tables/table-pages.ts';

const SAMPLE_ROWS = 200;

/** Maps a few real rows without writing anything and checks what comes out against the target's tables. */
export async function inspectMapping(
  source: Connection,
  sourceTables: ReadonlyMap<string, TableInfo>,
  maps: TableMaps,
  targetTables: ReadonlyMap<string, TableInfo>,
): Promise<Problem[]> {
  const problems = new Map<string, Problem>();
  const report = (problem: Problem): void => void problems.set(`${problem.subject} ${problem.value}`, problem);
  for (const [name, table] of sourceTables) {
    if (table.key.length === 0) continue;
    try {
      const sample = await readPages(source, table, SAMPLE_ROWS).next();
      const rows = sample.done ? [] : sample.value;
      for (const target of rows.flatMap((row) => mapRow(maps, name, row))) checkTarget(target, targetTables, report);
    } catch (error) {
      const fix = 'correct mapping.ts';
      report({
        subject: `mapping of ${name}`,
        value: (error as Error).message,
        expected: 'rows without an error',
        fix,
      });
    }
  }
  return [...problems.values()];
}

function checkTarget(row: TargetRow, tables: ReadonlyMap<string, TableInfo>, report: (problem: Problem) => void): void {
  const subject = `mapping to ${row.table}`;
  const table = tables.get(row.table);
  if (!table)
    return report({
      subject,
      value: 'not among the target tables',
      expected: `one of ${[...tables.keys()].join(', ')}`,
      fix: 'name the table in the plan or correct mapping.ts',
    });
  const key = Object.keys(row.key);
  if (key.toSorted().join() !== table.key.toSorted().join())
    report({
      subject: `${subject} key`,
      value: key.join(', '),
      expected: table.key.join(', '),
      fix: 'yield every column of the primary key as `key`, and no other',
    });
  const names = [...key, ...Object.keys(row.columns)];
  for (const name of names) checkColumn(name, table, subject, report);
  if (!row.part) checkUniques(names, table, subject, report);
}

function checkColumn(name: string, table: TableInfo, subject: string, report: (problem: Problem) => void): void {
  const column = table.byName.get(name);
  const expected = 'an ordinary column of the table';
  if (!column)
    report({ subject: `${subject} column ${name}`, value: 'missing', expected, fix: 'add it or map it elsewhere' });
  else if (column.isGenerated)
    report({ subject: `${subject} column ${name}`, value: 'generated', expected, fix: 'leave it out of mapping.ts' });
}

/** With another unique key rows are deleted and inserted anew, which would lose columns the mapping does not know. */
function checkUniques(
  names: readonly string[],
  table: TableInfo,
  subject: string,
  report: (problem: Problem) => void,
): void {
  if (table.uniques.length === 0) return;
  const lost = table.columns.filter((column) => !column.isGenerated && !names.includes(column.name));
  if (lost.length === 0) return;
  report({
    subject: `${subject} unique key ${table.uniques.join(', ')}`,
    value: `columns not mapped: ${lost.map((column) => column.name).join(', ')}`,
    expected: 'a mapping of every column of a table with a second unique key',
    fix: 'map these columns or drop the unique key at the target',
  });
}
