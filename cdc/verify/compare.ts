import { setImmediate as yieldNow } from 'node:timers/promises';
import type { Connection } from '../../shared/index.ts';
import { canonicalKey, maskValue, sameInColumn } from '../tables/canonical.ts';
import type { ColumnInfo, TableInfo } from '../tables/catalogue.ts';
import type { Row, Value } from '../change-event.ts';
import { keyId, type KeyId } from '../map/coalesce.ts';
import type { TableMaps, TargetRow } from '../mapping.ts';
import { readValues } from '../tables/table-pages.ts';
import { KeyTally, tallyText } from './key-tally.ts';
import { mapRow } from './map-row.ts';
import { keyOf, type Mismatch } from './mismatch.ts';

const YIELD_EVERY = 400;

/** Compares mapped source rows with what the target holds under their keys. */
export interface ComparerOptions {
  /** Asked for at every page, so that a run can go on with a newer view. */
  readonly target: () => Connection;
  readonly targetTables: ReadonlyMap<string, TableInfo>;
  readonly maps: TableMaps;
  /** When given, every source row is also mapped there and back. */
  readonly inverse?: TableMaps;
  readonly onMismatch: (mismatch: Mismatch) => void;
}

/** Rows of one target table with the same columns, so that one query fetches their counterparts. */
interface Group {
  readonly table: TableInfo;
  readonly key: readonly string[];
  readonly names: readonly string[];
  readonly rows: TargetRow[];
  /** The source row of each. */
  readonly origins: Row[];
}

type ColumnDifference = Mismatch['columns'][number];

/** Compares pages of the source, and learns which keys are there and which table feeds which. */
export class Comparer {
  /** Whole rows that the source yields and the target holds, by table. */
  readonly present = new Map<string, KeyTally>();
  /** Which source tables were seen to yield whole rows of a target table. */
  yields = new Map<string, Set<string>>();
  private readonly options: ComparerOptions;

  constructor(options: ComparerOptions) {
    this.options = options;
  }

  /** Answers the target rows that the page yields. */
  async comparePage(source: TableInfo, page: readonly Row[]): Promise<TargetRow[]> {
    const mapped: TargetRow[] = [];
    const groups: Group[] = [];
    for (const [i, row] of page.entries()) {
      if (i % YIELD_EVERY === YIELD_EVERY - 1) await yieldNow();
      const targets = mapRow(this.options.maps, source.name, row);
      mapped.push(...targets);
      for (const target of targets) this.addTo(groups, target, row);
      if (this.options.inverse) this.checkReturn(this.options.inverse, source, row, targets);
    }
    await Promise.all(groups.map((group) => this.compareGroup(source, group)));
    return mapped;
  }

  private addTo(groups: Group[], target: TargetRow, origin: Row): void {
    let group = groups.find((g) => g.table.name === target.table && hasNames(g.names, target.columns));
    if (!group) groups.push((group = this.newGroup(target)));
    group.rows.push(target);
    group.origins.push(origin);
  }

  private newGroup(row: TargetRow): Group {
    const table = this.options.targetTables.get(row.table);
    if (!table)
      throw new RangeError(`the mapping names table ${row.table}, which is not among the unit's target tables`);
    return { table, key: Object.keys(row.key), names: Object.keys(row.columns), rows: [], origins: [] };
  }

  private async compareGroup(source: TableInfo, group: Group): Promise<void> {
    const { table, key, names, rows, origins } = group;
    const idOf = keyReader(table, key);
    const held = await this.readHeld(group, idOf);
    const columns = names.map((name) => table.byName.get(name) as ColumnInfo);
    const tally = this.tallyOf(table.name);
    const order = table.key.map((name) => key.indexOf(name));
    for (const [i, row] of rows.entries()) {
      if (i % YIELD_EVERY === YIELD_EVERY - 1) await yieldNow();
      const found = held.get(idOf(key.map((name) => row.key[name] ?? null)));
      const wrong = found ? compareRow(row, columns, found, key.length) : [];
      if (found && !row.part) tally.add(tallyText(order.map((at) => found[at] ?? null)));
      if (found && !wrong) continue;
      const kind = found ? 'different' : 'missing';
      const origin = { table: source.name, key: keyOf(source.key, origins[i] as Row) };
      this.options.onMismatch({ kind, table: table.name, key: row.key, columns: wrong ?? [], source: origin });
    }
    if (rows.some((row) => !row.part)) this.yieldsOf(table.name).add(source.name);
  }

  /** What the target holds under the group's keys: key values first, then the others. */
  private async readHeld(group: Group, idOf: KeyReader): Promise<ReadonlyMap<KeyId, readonly Value[]>> {
    const { table, key, names, rows } = group;
    const keys = rows.map((row) => row.key);
    const values = await readValues(this.options.target(), table, [...key, ...names], key, keys);
    return new Map(values.map((row) => [idOf(row), row]));
  }

  private tallyOf(table: string): KeyTally {
    let tally = this.present.get(table);
    if (!tally) this.present.set(table, (tally = new KeyTally()));
    return tally;
  }

  private yieldsOf(table: string): Set<string> {
    let sources = this.yields.get(table);
    if (!sources) this.yields.set(table, (sources = new Set()));
    return sources;
  }

  /** Maps the mapped rows back; every column the inverse yields must be the source row's own. */
  private checkReturn(inverse: TableMaps, source: TableInfo, row: Row, targets: readonly TargetRow[]): void {
    const wrong: ColumnDifference[] = [];
    let isLost = false;
    try {
      for (const target of targets)
        for (const back of mapRow(inverse, target.table, { ...target.key, ...target.columns })) {
          if (back.table !== source.name) continue;
          wrong.push(...differences(source, { ...back.key, ...back.columns }, row));
        }
    } catch {
      isLost = true;
    }
    if (!isLost && wrong.length === 0) return;
    const key = keyOf(source.key, row);
    this.options.onMismatch({ kind: 'irreversible', table: source.name, key, columns: isLost ? [] : wrong });
  }
}

type KeyReader = (values: readonly Value[]) => KeyId;

/** Equal for equal keys, although the mapping may give as number what the database gives as text. */
export function keyReader(table: TableInfo, key: readonly string[]): KeyReader {
  const readers = key.map((name) => canonicalKey(table.byName.get(name)));
  const [first] = readers;
  if (readers.length === 1 && first) return (values) => first(values[0] ?? null);
  return (values) =>
    keyId(key, Object.fromEntries(key.map((name, i) => [name, (readers[i] ?? String)(values[i] ?? null)])));
}

function compareRow(
  row: TargetRow,
  columns: readonly ColumnInfo[],
  found: readonly Value[],
  offset: number,
): ColumnDifference[] | undefined {
  let wrong: ColumnDifference[] | undefined;
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i] as ColumnInfo;
    const expected = row.columns[column.name] ?? null;
    const actual = found[i + offset] ?? null;
    if (expected === actual || sameInColumn(column, expected, actual)) continue;
    (wrong ??= []).push({ name: column.name, expected: maskValue(expected), actual: maskValue(actual) });
  }
  return wrong;
}

function differences(table: TableInfo, expected: Row, actual: Row): ColumnDifference[] {
  return Object.entries(expected).flatMap(([name, value]) => {
    const column = table.byName.get(name);
    if (column && sameInColumn(column, value, actual[name] ?? null)) return [];
    return [{ name, expected: maskValue(actual[name]), actual: maskValue(value) }];
  });
}

function hasNames(names: readonly string[], columns: Row): boolean {
  let i = 0;
  for (const name in columns) if (names[i++] !== name) return false;
  return i === names.length;
}
