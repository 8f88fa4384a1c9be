import type { Stream } from '../stream/stream.ts';
import type { Mapping, TableMaps } from '../mapping.ts';
import { readCatalogue, type TableInfo } from '../tables/catalogue.ts';
import { withConnection } from '../tables/connect.ts';

/** What a verification reads, and the stream between. */
export interface Sides {
  /** The stream from source to target: it stands still while views are opened, and its hot keys are settled. */
  readonly stream: Pick<Stream, 'standStillAt' | 'hotKeys' | 'takeHotKeys'>;
  /**
   * The stream from target to source. To be given when it is the target that is being written: then this one stands
   * still instead, and the position is one of the target's log.
   */
  readonly peer?: Pick<Stream, 'standStillAt'>;
  readonly sourceUrl: string;
  readonly sourceSchema: string;
  readonly targetUrl: string;
  readonly targetSchema: string;
  readonly targetTables: readonly string[];
  readonly maps: TableMaps;
  /** When given, every source row is also mapped there and back: what a rollback could not restore is counted. */
  readonly inverse?: TableMaps;
  /** Target rows to source rows, to find the source of a target row. Default: `inverse`. */
  readonly back?: TableMaps;
  /** Tables of the target that are computed from others of its tables. */
  readonly derived?: Mapping['derived'];
}

/** The tables of both sides as they are defined now. */
export interface SideTables {
  readonly source: readonly TableInfo[];
  readonly target: ReadonlyMap<string, TableInfo>;
}

export async function readSideTables(sides: Sides): Promise<SideTables> {
  const { sourceUrl, sourceSchema, targetUrl, targetSchema, targetTables, maps } = sides;
  const [source, target] = await Promise.all([
    withConnection(sourceUrl, (c) => readCatalogue(c, sourceSchema, Object.keys(maps))),
    withConnection(targetUrl, (c) => readCatalogue(c, targetSchema, targetTables)),
  ]);
  // In the maps' order, so that an interrupted run goes on with the same table.
  const inOrder = Object.keys(maps).flatMap((name) => source.get(name) ?? []);
  return { source: inOrder, target };
}
