import type { Connection } from '../../shared/index.ts';
import type { Row } from '../change-event.ts';
import { Coalescer } from '../map/coalesce.ts';
import type { TargetRow } from '../mapping.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import { readKeys } from '../tables/table-pages.ts';
import { Comparer, keyReader } from './compare.ts';
import { keyOf, type Mismatch } from './mismatch.ts';
import { ParkedRows } from './parked.ts';
import type { LeftReason, RepairOptions } from './repair.ts';
import type { SideTables } from './sides.ts';
import { WayBack } from './way-back.ts';

/** What is wrong with a few rows at one position, and what makes it right. */
export class RepairPlan {
  /** Findings that are still true, by what they need. */
  writes: Mismatch[] = [];
  removals: Mismatch[] = [];
  settled = 0;
  readonly left: [Mismatch, LeftReason][] = [];
  readonly changes = new Coalescer();
  private readonly options: RepairOptions;
  private readonly tables: SideTables;
  private readonly source: Connection;
  private readonly target: Connection;
  private readonly wayBack: WayBack;
  private readonly parked: ParkedRows;

  /** Both connections see their sides at the same position, the target's the writes of its own transaction, too. */
  constructor(options: RepairOptions, tables: SideTables, source: Connection, target: Connection) {
    const { maps, inverse, back = inverse ?? {} } = options;
    this.options = options;
    this.tables = tables;
    this.source = source;
    this.target = target;
    this.wayBack = new WayBack({ maps, back, sources: tables.source });
    this.parked = new ParkedRows(tables, maps);
  }

  async look(mismatches: readonly Mismatch[]): Promise<void> {
    await this.parked.load(this.target, this.options.name);
    const open = mismatches.filter((mismatch) => !this.leaveParked(mismatch));
    await this.lookAtExtras(open.filter(({ kind }) => kind === 'extra'));
    await this.lookAtRows(open.filter(({ kind }) => kind !== 'extra'));
  }

  /** Those of the repaired rows that a comparison after the writes still finds wrong. */
  async stillWrong(): Promise<ReadonlySet<Mismatch>> {
    const [wrong, held] = [await this.compare(this.writes), await this.heldOf(this.removals)];
    const isWrong = (mismatch: Mismatch): boolean =>
      (mismatch.kind === 'extra' ? held : new Set(wrong.keys())).has(this.placeOf(mismatch));
    return new Set([...this.writes, ...this.removals].filter(isWrong));
  }

  private leaveParked(mismatch: Mismatch): boolean {
    const isParked = this.parked.holds(mismatch);
    if (isParked) this.left.push([mismatch, 'parked']);
    return isParked;
  }

  private async lookAtRows(mismatches: readonly Mismatch[]): Promise<void> {
    const wrong = await this.compare(mismatches);
    for (const mismatch of mismatches) {
      const found = wrong.get(this.placeOf(mismatch));
      if (!found) {
        this.settled += 1;
        continue;
      }
      this.writes.push(mismatch);
      this.put(found.kind, found.row);
    }
  }

  /** A row that is there keeps the columns the mapping does not speak of. */
  private put(kind: Mismatch['kind'], row: TargetRow): void {
    this.changes.put(kind === 'different' ? { ...row, part: { unset: {} } } : row);
  }

  /** What is wrong now of these rows' sources, by place, with the row that should be there. */
  private async compare(
    mismatches: readonly Mismatch[],
  ): Promise<ReadonlyMap<string, { kind: Mismatch['kind']; row: TargetRow }>> {
    const wrong = new Map<string, { kind: Mismatch['kind']; row: TargetRow }>();
    for (const table of this.tables.source) {
      const keys = mismatches.flatMap(({ source }) => (source?.table === table.name ? [source.key] : []));
      if (keys.length === 0) continue;
      const found: Mismatch[] = [];
      const comparer = new Comparer({
        maps: this.options.maps,
        targetTables: this.tables.target,
        target: () => this.target,
        onMismatch: (mismatch) => found.push(mismatch),
      });
      const rows = await comparer.comparePage(table, await readKeys(this.source, table, keys));
      const byPlace = new Map(rows.map((row) => [this.placeOf({ ...row, source: table.name }), row]));
      for (const mismatch of found) {
        const row = byPlace.get(this.placeOf(mismatch));
        if (row) wrong.set(this.placeOf(mismatch), { kind: mismatch.kind, row });
      }
    }
    return wrong;
  }

  private async lookAtExtras(mismatches: readonly Mismatch[]): Promise<void> {
    for (const some of Map.groupBy(mismatches, ({ table }) => table).values()) {
      const table = this.tables.target.get((some[0] as Mismatch).table);
      if (table) await this.lookAtExtrasOf(table, some);
    }
  }

  private async lookAtExtrasOf(table: TableInfo, mismatches: readonly Mismatch[]): Promise<void> {
    if (!this.wayBack.has(table)) return this.leaveAll(mismatches, 'no way back');
    const held = await readKeys(
      this.target,
      table,
      mismatches.map(({ key }) => key),
    );
    const { without, unknown } = await this.wayBack.withoutSource(this.source, table, held);
    const places = (rows: readonly Row[]): Set<string> =>
      new Set(rows.map((row) => this.placeOf({ table: table.name, key: keyOf(table.key, row) })));
    const [gone, unclear] = [places(without), places(unknown)];
    for (const mismatch of mismatches) {
      const place = this.placeOf(mismatch);
      if (unclear.has(place)) this.left.push([mismatch, 'no way back']);
      else if (gone.has(place)) this.remove(mismatch);
      else this.settled += 1;
    }
  }

  private remove(mismatch: Mismatch): void {
    this.removals.push(mismatch);
    this.changes.remove({ table: mismatch.table, key: mismatch.key, columns: {} });
  }

  private leaveAll(mismatches: readonly Mismatch[], reason: LeftReason): void {
    for (const mismatch of mismatches) this.left.push([mismatch, reason]);
  }

  private async heldOf(mismatches: readonly Mismatch[]): Promise<ReadonlySet<string>> {
    const held = new Set<string>();
    for (const [name, some] of Map.groupBy(mismatches, ({ table }) => table)) {
      const table = this.tables.target.get(name);
      const rows = table
        ? await readKeys(
            this.target,
            table,
            some.map(({ key }) => key),
          )
        : [];
      for (const row of rows) held.add(this.placeOf({ table: name, key: keyOf(table?.key ?? [], row) }));
    }
    return held;
  }

  /** Two source tables may speak of one target row: a place is told apart by both. */
  private placeOf({ table, key, source }: { table: string; key: Row; source?: string | Mismatch['source'] }): string {
    const info = this.tables.target.get(table);
    const id = info && keyReader(info, info.key)(info.key.map((name) => key[name] ?? null));
    return `${typeof source === 'string' ? source : (source?.table ?? '')} ${table} ${id}`;
  }
}
