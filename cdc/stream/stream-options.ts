import type { Log, Tracing } from '../../shared/index.ts';
import type { NamedPoint } from '../apply/apply.ts';
import type { StreamRecord } from '../apply/bookkeeping.ts';
import type { ChangeSource } from '../change-source.ts';
import type { Mapping, TableMaps } from '../mapping.ts';
import type { SnapshotProgress } from '../snapshot/copy-meter.ts';
import type { CopyLimits } from '../snapshot/snapshot.ts';
import type { ThrottleLimits } from '../snapshot/throttle.ts';

export interface StreamOptions {
  /** Unique at the target. */
  readonly name: string;
  readonly unit: string;
  readonly sourceUrl: string;
  readonly sourceSchema: string;
  readonly source: ChangeSource;
  readonly targetUrl: string;
  readonly targetSchema: string;
  /** Every table the maps may write. A snapshot owns them: it clears them before it starts over. */
  readonly targetTables: readonly string[];
  readonly targetSide: 'legacy' | 'service';
  /**
   * Single keys of the unit can be the service's while the rest is legacy's: then the target's fence refuses a change of a
   * row that the target owns. It must be there, with `keys`, while this stream runs.
   */
  readonly isOwnedByKey?: boolean | undefined;
  readonly maps: TableMaps;
  readonly mappingVersion: number;
  /** What the other direction's target knows of its stream: a new mapping version reaches both. */
  readonly readPeer?: () => Promise<StreamRecord | undefined>;
  /** Target tables that a TRUNCATE of a source table empties; of a table not named here it stops the stream. */
  readonly truncates?: Readonly<Record<string, readonly string[]>>;
  /**
   * What happens to a change that the target refuses, the mapping throws for or that cannot be read: the stream stops in
   * front of its transaction, or the change waits in the park and every later one of the same key behind it. A first
   * copy always stops.
   */
  readonly onRefusal?: 'stop' | 'park';
  /** Tables of the target that are computed from others of its tables. */
  readonly derived?: Mapping['derived'];
  /** `gtid_domain_id` of the apply sessions: tells our own writes from everybody else's in the target's log. */
  readonly ownDomain: number;
  /** The peer stream's domain: its writes are what we carried there, so they are not carried back. */
  readonly skipDomain: number;
  /** True: the first start copies all rows. False: it begins at the newest position. */
  readonly snapshot: boolean;
  readonly copy?: CopyLimits;
  /** What the copy waits for. */
  readonly throttle?: ThrottleLimits;
  readonly log: Log;
  /** A span for each target transaction; absent means none. */
  readonly tracing?: Tracing;
  readonly at?: (point: NamedPoint) => void | Promise<void>;
  readonly onProgress?: (progress: SnapshotProgress) => void;
  /** Fixes how much goes into a target transaction; otherwise it follows from how long they take. */
  readonly batch?: { readonly changes: number; readonly bytes: number };
}
