import { describe, expect, it } from '@jest/globals';
import type { Row, Value } from '../../change-event.ts';
import type { ColumnInfo, TableInfo } from '../../tables/catalogue.ts';
import { CategoryTally } from './category-tally.ts';
import { TableFindings } from './findings.ts';

function column(name: string, kind: ColumnInfo['kind'], type: string): ColumnInfo {
  const flags = { isZerofill: false, isGenerated: false, isAutoUpdated: false, isJson: false, isNullable: true };
  return { name, kind, type, charset: null, defaultText: null, ...flags };
}

const columns = [
  column('status', 'choice', "enum('a','b')"),
  column('flag', 'integer', 'tinyint(1)'),
  column('name', 'text', 'varchar(200)'),
];
const table: TableInfo = {
  schema: 's',
  name: 't',
  engine: 'InnoDB',
  key: ['id'],
  uniques: [],
  rowsEstimate: 0,
  columns,
  byName: new Map(columns.map((info) => [info.name, info])),
};
const facts = {
  severity: 'problem',
  kind: 'throws',
  subject: 't',
  message: 'the mapping of t throws',
  blocksRollback: false,
  fix: 'x',
} as const;

function becauseOf(declared: readonly string[], rows: readonly Row[], isConcerned: (row: Row) => boolean) {
  const tally = new CategoryTally(table, declared);
  const findings = new TableFindings(tally);
  for (const row of rows) tally.see(row);
  for (const row of rows) if (isConcerned(row)) findings.add(facts, row);
  return findings.report()[0];
}

const rowsOf = (values: readonly [Value, Value, Value][]): Row[] =>
  values.map(([status, flag, name]) => ({ status, flag, name }));

describe('a tally of categories', () => {
  const rows = rowsOf([
    ['a', 0, 'Ann'],
    ['b', 1, 'Bo'],
    ['b', 0, 'Cy'],
  ]);

  it('names the value that separates the rows concerned from all others, with its rows', () => {
    const found = becauseOf([], rows, (row) => row['status'] === 'b');
    expect(found).toMatchObject({ rows: 2, because: { column: 'status', values: [{ value: 'b', rows: 2 }] } });
  });

  it('names nothing where a value is found on both sides', () => {
    expect(becauseOf([], rows, (row) => row['name'] === 'Cy')?.because).toBeUndefined();
  });

  it('never names the values of a column that was not declared', () => {
    expect(becauseOf(['name'], rows, (row) => row['name'] === 'Cy')?.because?.column).toBe('name');
    expect(JSON.stringify(becauseOf([], rows, (row) => row['name'] === 'Cy'))).not.toContain('Cy');
  });

  it('takes a declared column for no category when it holds long or many values', () => {
    const long = rowsOf([
      ['a', 0, 'x'.repeat(41)],
      ['a', 0, 'y'],
    ]);
    expect(becauseOf(['name'], long, (row) => row['name'] === 'y')?.because).toBeUndefined();
    const many = rowsOf(Array.from({ length: 70 }, (_, i) => ['a', 0, `v${i}`]));
    expect(becauseOf(['name'], many, (row) => row['name'] === 'v1')?.because).toBeUndefined();
  });

  it('counts a row once, however many of its target rows are concerned', () => {
    const findings = new TableFindings(new CategoryTally(table));
    const row = { status: 'a' };
    findings.add(facts, row);
    findings.add(facts, row);
    expect(findings.report()[0]?.rows).toBe(1);
  });
});
