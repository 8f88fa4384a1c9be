import { setImmediate as yieldNow } from 'node:timers/promises';
import type { Connection } from '../../shared/index.ts';
import { mappingFailed } from '../map/batch.ts';
import { maskValue, sameInColumn } from '../tables/canonical.ts';
import type { ColumnInfo, TableInfo } from '../tables/catalogue.ts';
import type { Row, Value } from '../change-event.ts';
import { keyId, type KeyId } from '../map/coalesce.ts';
import type { TableMaps, TargetRow } from '../mapping.ts';
import { readValues } from '../tables/table-pages.ts';
import type { Finding, Findings } from './verification.ts';

const YIELD_EVERY = 400;

/** Compares mapped source rows with what the target holds under their keys. */
export interface ComparerOptions {
  readonly target: Connection;
  readonly targetTables: ReadonlyMap<string, TableInfo>;
  readonly maps: TableMaps;
  readonly inverse?: TableMaps;
  readonly findings: Findings;
}

/** Rows of one target table with the same columns, so that one query fetches their counterparts. */
interface Group {
  readonly table: TableInfo;
  readonly key: readonly string[];
  readonly names: readonly string[];
  readonly rows: TargetRow[];
}

export class Comparer {
  /** Whole rows that the source yields and the target holds, by table. */
  readonly present = new Map<string, number>();
  private readonly options: ComparerOptions;

  constructor(options: ComparerOptions) {
    this.options = options;
  }

  async comparePage(source: TableInfo, page: readonly Row[]): Promise<TargetRow[]> {
    const mapped: TargetRow[] = [];
    for (const [i, row] of page.entries()) {
      if (i % YIELD_EVERY === YIELD_EVERY - 1) await yieldNow();
      const targets = mapRow(this.options.maps, source.name, row);
      mapped.push(...targets);
      if (this.options.inverse) this.checkReturn(this.options.inverse, source, row, targets);
    }
    const groups = this.groupsOf(mapped);
    await Promise.all(groups.map((group) => this.compareGroup(group)));
    return mapped;
  }

  private groupsOf(mapped: readonly TargetRow[]): Group[] {
    const groups: Group[] = [];
    for (const row of mapped) {
      const group = groups.find((g) => g.table.name === row.table && hasNames(g.names, row.columns));
      if (group) group.rows.push(row);
      else groups.push(this.newGroup(row));
    }
    return groups;
  }

  private newGroup(row: TargetRow): Group {
    const table = this.options.targetTables.get(row.table);
    if (!table)
      throw new RangeError(`the mapping names table ${row.table}, which is not among the unit's target tables`);
    return { table, key: Object.keys(row.key), names: Object.keys(row.columns), rows: [row] };
  }

  private async compareGroup({ table, key, names, rows }: Group): Promise<void> {
    const { target, findings } = this.options;
    const keys = rows.map((row) => row.key);
    const values = await readValues(target, table, [...key, ...names], key, keys);
    const actual = new Map<KeyId, readonly Value[]>();
    for (const row of values) actual.set(normalId(table, key, row), row);
    const columns = names.map((name) => table.byName.get(name) as ColumnInfo);
    for (const [i, row] of rows.entries()) {
      if (i % YIELD_EVERY === YIELD_EVERY - 1) await yieldNow();
      findings.rows += 1;
      const found = actual.get(
        normalId(
          table,
          key,
          key.map((name) => row.key[name] ?? null),
        ),
      );
      if (!found) {
        findings.add('missing', table.name, row.key);
        continue;
      }
      if (!row.part) this.present.set(row.table, (this.present.get(row.table) ?? 0) + 1);
      compareRow(findings, row, columns, found, key.length);
    }
  }

  /** Maps the mapped rows back; every column the inverse yields must be the source row's own. */
  private checkReturn(inverse: TableMaps, source: TableInfo, row: Row, targets: readonly TargetRow[]): void {
    const { findings } = this.options;
    const key = Object.fromEntries(source.key.map((name) => [name, row[name] ?? null]));
    const wrong: Finding['columns'][number][] = [];
    try {
      for (const target of targets)
        for (const back of mapRow(inverse, target.table, { ...target.key, ...target.columns })) {
          if (back.table !== source.name) continue;
          wrong.push(...differences(source, { ...back.key, ...back.columns }, row));
        }
    } catch {
      findings.add('irreversible', source.name, key);
      return;
    }
    if (wrong.length > 0) findings.add('irreversible', source.name, key, wrong);
  }
}

export function mapRow(maps: TableMaps, table: string, row: Row): readonly TargetRow[] {
  try {
    return maps[table]?.(row) ?? [];
  } catch (error) {
    throw mappingFailed(table, error);
  }
}

function compareRow(
  findings: Findings,
  row: TargetRow,
  columns: readonly ColumnInfo[],
  found: readonly Value[],
  offset: number,
): void {
  let wrong: Finding['columns'][number][] | undefined;
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i] as ColumnInfo;
    const expected = row.columns[column.name] ?? null;
    const actual = found[i + offset] ?? null;
    if (expected === actual || sameInColumn(column, expected, actual)) continue;
    (wrong ??= []).push({ name: column.name, expected: maskValue(expected), actual: maskValue(actual) });
  }
  if (wrong) findings.add('different', row.table, row.key, wrong);
}

function differences(table: TableInfo, expected: Row, actual: Row): Finding['columns'][number][] {
  return Object.entries(expected).flatMap(([name, value]) => {
    const column = table.byName.get(name);
    if (column && sameInColumn(column, value, actual[name] ?? null)) return [];
    return [{ name, expected: maskValue(actual[name]), actual: maskValue(value) }];
  });
}

/** The mapping may give a key as number where the database gives text. */
export function normalId(table: TableInfo, key: readonly string[], values: readonly Value[]): KeyId {
  if (key.length === 1) return normalKey(table, key[0] as string, values[0] ?? null);
  const named = Object.fromEntries(key.map((name, i) => [name, normalKey(table, name, values[i] ?? null)]));
  return keyId(key, named);
}

function normalKey(table: TableInfo, name: string, value: Value): KeyId {
  if (Buffer.isBuffer(value)) return value.toString('hex');
  return table.byName.get(name)?.kind === 'integer' ? Number(value) : String(value);
}

function hasNames(names: readonly string[], columns: Row): boolean {
  let i = 0;
  for (const name in columns) if (names[i++] !== name) return false;
  return i === names.length;
}
