import type { Log } from '../../shared/index.ts';
import type { NamedPoint } from '../apply/apply.ts';
import type { StreamRecord } from '../apply/bookkeeping.ts';
import type { StandStills } from '../apply/stand-still.ts';
import type { TargetSession } from '../apply/target-session.ts';
import type { Watermark } from '../apply/watermark.ts';
import type { ChangeSource } from '../change-source.ts';
import type { Derivations } from '../derived/derived-tables.ts';
import type { TableMaps } from '../mapping.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import { Copy } from './copy.ts';
import type { SnapshotProgress } from './copy-meter.ts';
import type { ThrottleLimits } from './throttle.ts';

/*
 * A copy is made in cycles, as Vitess makes it. A cycle opens a view of the source, which stands at a position p of the
 * log, and copies chunks from it in key order for a bounded time; each chunk's rows are committed together with the key
 * of its last row. Then the stream applies what the source has changed from p on and stops exactly at the position of
 * the next view; the next cycle goes on behind the last key. Whatever ends it, the next start applies the changes since
 * the recorded position, opens a view and goes on.
 *
 * Why the end is right. Call a source row copied when its key is at or below the recorded key of its table. At every
 * commit, with the target at position p, this holds:
 *
 *   (1) every target row is what the mapping makes, at p, of some source row;
 *   (2) of a copied source row every target row is there.
 *
 * A chunk from the view at p keeps both: it adds rows as they are at p, all rows of the keys it moves past, and chunks
 * commit in order, so no key is passed whose rows are missing. Changes keep both as well, and all are applied, wherever
 * the copy is: a removed or altered image takes its old target rows away (1); an image that is new is put, and one that
 * stays the same was there before (2). The one change that could break (2) is an update of the key that brings a row from
 * beyond the recorded key to below it: target rows that both images yield are not touched by it and may never have been
 * copied. Such a row is put whole (moved-rows.ts). When the last key is passed every source row is copied, and (1) and
 * (2) say that the target is the mapping of the source at p.
 *
 * Keys are compared by the source alone, so its collations hold. A part writes columns of a row that another source row
 * owns: the same argument holds for a second pass over the tables that yield parts, made when every whole row is there;
 * until then a part's statement may hit nothing, which that pass makes good (notice-parts.ts).
 *
 * The peer stream's writes are applied here too, not passed over: the copy holds none of them yet. The model in
 * copy-model.test.ts walks every interleaving of small histories, cycles, chunks and crashes against the mapping.
 */

/** The part of following the log that differs between a copy and a running stream. */
export interface FollowPart {
  readonly source: ChangeSource;
  readonly maps: TableMaps;
  readonly watermark: Watermark;
  readonly standStills: StandStills;
  readonly cursor?: string;
  readonly signal: AbortSignal;
}

/** How a copy goes about its work; everything has a default. */
export interface CopyLimits {
  /** How long a view of the source is used. The source keeps old row versions, and lets no ALTER through, that long. */
  readonly cycleMs?: number;
  readonly chunkRows?: number;
  readonly chunkBytes?: number;
  /** Connections that write. */
  readonly writers?: number;
}

export interface SnapshotOptions {
  readonly name: string;
  readonly unit: string;
  readonly epoch: number;
  readonly targetSide: 'legacy' | 'service';
  readonly mappingVersion: number;
  readonly sourceUrl: string;
  readonly targetUrl: string;
  readonly sourceTables: readonly TableInfo[];
  /** The unit's tables at the target: what a copy from nothing clears. */
  readonly targetTables: ReadonlyMap<string, TableInfo>;
  /** Those and our own. */
  readonly tables: ReadonlyMap<string, TableInfo>;
  readonly maps: TableMaps;
  /** Built once every landing row is there; the changes a copy applies meanwhile leave derived tables alone. */
  readonly derivations: Derivations;
  readonly source: ChangeSource;
  /** Applies changes until the signal aborts. */
  readonly follow: (part: FollowPart) => Promise<void>;
  readonly openSession: () => TargetSession;
  readonly limits: CopyLimits;
  readonly throttle: ThrottleLimits;
  readonly at: (point: NamedPoint) => void | Promise<void>;
  readonly onProgress: (progress: SnapshotProgress) => void;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Copies every row through the mapping, from where an earlier start came to. When it resolves, the target is the mapping
 * of the source at the recorded position.
 */
export async function copyTables(options: SnapshotOptions, record: StreamRecord): Promise<void> {
  const copy = new Copy(options);
  try {
    await copy.run(record);
  } finally {
    await copy.close();
  }
}
