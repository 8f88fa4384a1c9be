import type { Connection } from '../../shared/index.ts';
import type { Row } from '../change-event.ts';
import type { TableMaps, TargetRow } from '../mapping.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import { readKeys } from '../tables/table-pages.ts';
import { keyReader } from './compare.ts';
import { mapRow } from './map-row.ts';
import { keyOf } from './mismatch.ts';

export interface WayBackOptions {
  readonly maps: TableMaps;
  /** Target rows to source rows. */
  readonly back: TableMaps;
  readonly sources: readonly TableInfo[];
}

/** What became of a page of target rows: those without a source row, and those that could not be mapped back. */
export interface Sourceless {
  readonly without: readonly Row[];
  readonly unknown: readonly Row[];
  /** Source tables that were looked into. */
  readonly lookedInto: ReadonlySet<string>;
}

/**
 * Finds the source of target rows: the inverse mapping says which source rows they come from, these are read and mapped
 * forward, and must yield the target rows' keys.
 */
export class WayBack {
  private readonly options: WayBackOptions;

  constructor(options: WayBackOptions) {
    this.options = options;
  }

  has(table: TableInfo): boolean {
    return this.options.back[table.name] !== undefined;
  }

  async withoutSource(source: Connection, table: TableInfo, rows: readonly Row[]): Promise<Sourceless> {
    const wanted = new Map<string, Row[]>();
    const unknown = new Set<Row>();
    for (const row of rows)
      for (const { table: name, key } of this.comesFrom(table, row) ?? (unknown.add(row), [])) {
        const keys = wanted.get(name);
        if (keys) keys.push(key);
        else wanted.set(name, [key]);
      }
    const idOf = keyReader(table, table.key);
    const yielded = new Set<string | number>();
    for (const [name, keys] of wanted)
      for (const key of await this.yieldedBy(source, name, keys, table)) yielded.add(idOf(Object.values(key)));
    const without = rows.filter(
      (row) => !unknown.has(row) && !yielded.has(idOf(table.key.map((name) => row[name] ?? null))),
    );
    return { without, unknown: [...unknown], lookedInto: new Set(wanted.keys()) };
  }

  /** A damaged row may be none that the inverse can read. */
  private comesFrom(table: TableInfo, row: Row): readonly TargetRow[] | undefined {
    try {
      return mapRow(this.options.back, table.name, row);
    } catch {
      return undefined;
    }
  }

  private async yieldedBy(source: Connection, name: string, keys: readonly Row[], table: TableInfo): Promise<Row[]> {
    const info = this.options.sources.find((candidate) => candidate.name === name);
    if (!info) return [];
    const images = await readKeys(source, info, keys);
    return images.flatMap((image) =>
      mapRow(this.options.maps, name, image)
        .filter((row) => row.table === table.name && !row.part)
        .map((row) => keyOf(table.key, row.key)),
    );
  }
}
