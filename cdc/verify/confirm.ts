import type { Row } from '../change-event.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import { readKeys } from '../tables/table-pages.ts';
import { Comparer, keyReader } from './compare.ts';
import { keyOf, type Mismatch } from './mismatch.ts';
import { ParkedRows } from './parked.ts';
import type { PassLog } from './pass-log.ts';
import type { Sides, SideTables } from './sides.ts';
import type { Suspect } from './suspects.ts';
import { openViews, type Views } from './views.ts';
import type { WayBack } from './way-back.ts';

export interface ConfirmOptions {
  readonly sides: Sides;
  readonly stream: string | undefined;
  readonly tables: SideTables;
  readonly wayBack: WayBack;
  /** Which source tables yield a target table, as seen so far. */
  readonly yields: () => ReadonlyMap<string, ReadonlySet<string>>;
}

/** Looks at a few suspects with both sides at one position: what is wrong there is wrong. */
export async function confirmSuspects(
  options: ConfirmOptions,
  suspects: readonly Suspect[],
  log: PassLog,
): Promise<void> {
  const views = await openViews(options.sides);
  try {
    const confirmation = new Confirmation(options, views, log);
    await confirmation.begin();
    for (const some of Map.groupBy(suspects, ({ kind, table }) => `${kind} ${table.name}`).values())
      await confirmation.look(some);
  } finally {
    views.close();
  }
}

class Confirmation {
  private readonly options: ConfirmOptions;
  private readonly views: Views;
  private readonly log: PassLog;
  private readonly parked: ParkedRows;

  constructor(options: ConfirmOptions, views: Views, log: PassLog) {
    this.options = options;
    this.views = views;
    this.log = log;
    this.parked = new ParkedRows(options.tables, options.sides.maps);
  }

  begin(): Promise<void> {
    return this.parked.load(this.views.target, this.options.stream);
  }

  /** Suspects of one kind and table. */
  look(suspects: readonly Suspect[]): Promise<void> {
    const { kind, table } = suspects[0] as Suspect;
    const keys = suspects.map(({ key }) => key);
    const places = new Map(suspects.map(({ key, at }) => [indexOf(table, key), at]));
    const placeOf = (key: Row): number => places.get(indexOf(table, key)) ?? 0;
    return kind === 'row' ? this.lookAtRows(table, keys, placeOf) : this.lookAtExtras(table, keys, placeOf);
  }

  private async lookAtRows(table: TableInfo, keys: readonly Row[], placeOf: (key: Row) => number): Promise<void> {
    const { sides, tables } = this.options;
    const comparer = new Comparer({
      maps: sides.maps,
      targetTables: tables.target,
      target: () => this.views.target,
      onMismatch: (mismatch) => this.add(mismatch, placeOf(mismatch.source?.key ?? {})),
    });
    await comparer.comparePage(table, await readKeys(this.views.source, table, keys));
  }

  private async lookAtExtras(table: TableInfo, keys: readonly Row[], placeOf: (key: Row) => number): Promise<void> {
    const held = await readKeys(this.views.target, table, keys);
    const { wayBack } = this.options;
    const { without, unknown, lookedInto } = await wayBack.withoutSource(this.views.source, table, held);
    const isProven = this.isProven(table, lookedInto);
    for (const row of without) {
      const key = keyOf(table.key, row);
      if (isProven) this.add({ kind: 'extra', table: table.name, key, columns: [] }, placeOf(row));
      else this.log.leaveOut(table.name, key, 'no-way-back', placeOf(row));
    }
    for (const row of unknown) this.log.leaveOut(table.name, keyOf(table.key, row), 'no-way-back', placeOf(row));
  }

  /** Every source row of this pass found itself when mapped there and back, and all tables it may be in were looked into. */
  private isProven(table: TableInfo, lookedInto: ReadonlySet<string>): boolean {
    const { sides, yields } = this.options;
    const feeders = [...(yields().get(table.name) ?? [])];
    return (
      sides.inverse !== undefined && !this.log.has('irreversible') && feeders.every((name) => lookedInto.has(name))
    );
  }

  private add(mismatch: Mismatch, at: number): void {
    const { table, key } = mismatch.source ?? mismatch;
    if (this.parked.holds(mismatch)) this.log.leaveOut(table, key, 'parked', at);
    else this.log.add(mismatch, at);
  }
}

function indexOf(table: TableInfo, row: Row): string | number {
  return keyReader(table, table.key)(table.key.map((name) => row[name] ?? null));
}
