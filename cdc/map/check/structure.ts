import type { TargetRow } from '../../mapping.ts';
import type { TableInfo } from '../../tables/catalogue.ts';
import type { TableRules } from './column-rules.ts';

/** How rows of one shape do not fit the tables they are meant for. */
export interface Misfit {
  readonly kind: 'structure' | 'required';
  readonly subject: string;
  readonly message: string;
  readonly fix: string;
}

/** One side's tables as the plan names them, and what each asks of a row. */
export interface SideTables {
  readonly tables: ReadonlyMap<string, TableInfo>;
  readonly rules: ReadonlyMap<string, TableRules>;
}

/** Judges the shape of target rows: tables, keys and column names, not values. Each shape is judged once. */
export class StructureJudge {
  private readonly side: SideTables;
  private readonly judged = new Map<string, readonly Misfit[]>();

  constructor(side: SideTables) {
    this.side = side;
  }

  judge(row: TargetRow): readonly Misfit[] {
    const id = [
      row.table,
      row.part ? 'part' : 'whole',
      ...Object.keys(row.key),
      '|',
      ...Object.keys(row.columns),
    ].join();
    const known = this.judged.get(id);
    if (known) return known;
    const misfits = judgeShape(row, this.side);
    this.judged.set(id, misfits);
    return misfits;
  }
}

function judgeShape(row: TargetRow, { tables, rules }: SideTables): Misfit[] {
  const table = tables.get(row.table);
  if (!table)
    return [
      {
        kind: 'structure',
        subject: row.table,
        message: `is not among the unit's tables ${[...tables.keys()].join(', ')}`,
        fix: 'name the table in the plan, or correct mapping.ts',
      },
    ];
  const names = [...Object.keys(row.key), ...Object.keys(row.columns)];
  return [
    ...keyMisfits(row, table),
    ...names.flatMap((name) => columnMisfits(name, table)),
    ...(row.part ? [] : [...uniqueMisfits(names, table), ...requiredMisfits(names, table, rules.get(row.table))]),
  ];
}

function keyMisfits({ key }: TargetRow, table: TableInfo): Misfit[] {
  const given = Object.keys(key);
  if (given.toSorted().join() === table.key.toSorted().join()) return [];
  const message = `is given the key ${given.join(', ')}; its primary key is ${table.key.join(', ') || 'missing'}`;
  const fix = 'yield every column of the primary key as `key`, and no other';
  return [{ kind: 'structure', subject: table.name, message, fix }];
}

function columnMisfits(name: string, table: TableInfo): Misfit[] {
  const subject = `${table.name}.${name}`;
  const column = table.byName.get(name);
  if (!column) return [{ kind: 'structure', subject, message: 'does not exist', fix: 'add it, or map it elsewhere' }];
  if (!column.isGenerated) return [];
  return [{ kind: 'structure', subject, message: 'is a generated column', fix: 'leave it out of mapping.ts' }];
}

/** With another unique key rows are deleted and inserted anew, which would lose columns the mapping does not know. */
function uniqueMisfits(names: readonly string[], table: TableInfo): Misfit[] {
  const lost = table.columns.filter((column) => !column.isGenerated && !names.includes(column.name));
  if (table.uniques.length === 0 || lost.length === 0) return [];
  const columns = lost.map((column) => column.name).join(', ');
  return [
    {
      kind: 'structure',
      subject: table.name,
      message: `has the unique key ${table.uniques.join(', ')} and columns that are not mapped: ${columns}`,
      fix: 'map these columns, or drop the unique key at the target',
    },
  ];
}

function requiredMisfits(names: readonly string[], table: TableInfo, rules: TableRules | undefined): Misfit[] {
  const required = [...(rules?.columns ?? [])].filter(([name, { isRequired }]) => isRequired && !names.includes(name));
  return required.map(([name]) => ({
    kind: 'required',
    subject: `${table.name}.${name}`,
    message: 'is NOT NULL without a default, and the mapping does not give it',
    fix: 'map it, or give the column a default',
  }));
}
