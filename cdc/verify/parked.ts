import type { Connection } from '../../shared/index.ts';
import { readParked, type StoredChange } from '../apply/parked-store.ts';
import type { Row } from '../change-event.ts';
import type { TableMaps } from '../mapping.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import { keyReader } from './compare.ts';
import { mapRow } from './map-row.ts';
import { keyOf, type Mismatch } from './mismatch.ts';
import type { SideTables } from './sides.ts';
import type { Findings } from './verification.ts';

const NO_SUCH_TABLE = 1146;

/**
 * Rows whose changes are parked: they lag behind on purpose, so nothing is said of them. Collected over all views, as a
 * row that waited during one of them was not compared there.
 */
export class ParkedRows {
  private readonly tables: SideTables;
  private readonly maps: TableMaps;
  private readonly places = new Set<string>();
  private readonly sourceKeys = new Map<string, { readonly table: string; readonly key: Row }>();

  constructor(tables: SideTables, maps: TableMaps) {
    this.tables = tables;
    this.maps = maps;
  }

  /** Takes up what is parked in the target's view. */
  async load(target: Connection, stream: string | undefined): Promise<void> {
    if (stream === undefined) return;
    for (const { event } of await readParkedIfAny(target, stream)) this.take(event);
  }

  holds({ table, key, source }: Mismatch): boolean {
    if (this.places.size === 0) return false;
    return (
      this.places.has(this.placeOf('target', table, key) ?? '') || (source !== undefined && this.isWaiting(source))
    );
  }

  leaveOut(findings: Findings): void {
    for (const { table, key } of this.sourceKeys.values()) findings.leaveOut(table, key, 'parked');
  }

  private isWaiting({ table, key }: { readonly table: string; readonly key: Row }): boolean {
    return this.places.has(this.placeOf('source', table, key) ?? '');
  }

  private take(event: StoredChange['event']): void {
    const info = this.tables.source.find(({ name }) => name === event.table);
    const images = event.op === 'x' ? [event.key] : [event.before, event.after];
    for (const image of images) if (info && image) this.takeImage(info, image, event.op !== 'x');
  }

  private takeImage(info: TableInfo, image: Row, isWhole: boolean): void {
    const key = keyOf(info.key, image);
    const place = this.placeOf('source', info.name, key) ?? '';
    this.places.add(place);
    this.sourceKeys.set(place, { table: info.name, key });
    for (const row of isWhole ? this.mapIfPossible(info.name, image) : [])
      this.places.add(this.placeOf('target', row.table, row.key) ?? '');
  }

  /** The mapping may be what it waits for. */
  private mapIfPossible(table: string, image: Row) {
    try {
      return mapRow(this.maps, table, image);
    } catch {
      return [];
    }
  }

  private placeOf(side: 'source' | 'target', table: string, key: Row): string | undefined {
    const { source, target } = this.tables;
    const info = side === 'target' ? target.get(table) : source.find(({ name }) => name === table);
    return info && `${side} ${table} ${keyReader(info, info.key)(info.key.map((name) => key[name] ?? null))}`;
  }
}

async function readParkedIfAny(target: Connection, stream: string): Promise<readonly StoredChange[]> {
  try {
    return await readParked(target, stream);
  } catch (error) {
    if ((error as { errno?: number }).errno === NO_SUCH_TABLE) return [];
    throw error;
  }
}
