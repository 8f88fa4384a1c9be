import { BatchSize } from '../apply/batch-size.ts';
import type { StreamCounters } from '../apply/stream-counters.ts';
import type { SnapshotProgress } from '../snapshot/copy-meter.ts';
import type { StreamOptions } from './stream-options.ts';
import type { StreamRun } from './stream-run.ts';

/** What a stream has done since this process started it; counters only grow. */
export interface StreamStats {
  /** Source transactions and changes of the unit's rows that are applied. */
  readonly transactions: number;
  readonly changes: number;
  /** Target transactions, and how long they took together and last time; milliseconds. */
  readonly batches: number;
  readonly batchMs: number;
  readonly lastBatchMs: number;
  /** How many changes the next one may hold. */
  readonly batchLimit: number;
  /** Target transactions tried again after a lost connection, a deadlock or a lock that was held too long. */
  readonly retries: number;
  /** How often reading began again because a transaction in pieces was lost on the way. */
  readonly restarts: number;
  /** Transactions of the peer stream, which are not carried back. */
  readonly peerTransactions: number;
  /** Changes parked by this process, and how many wait in all. */
  readonly parkings: number;
  readonly parked: number;
  /** The source's clock at the commit of the newest transaction applied; milliseconds since the epoch. */
  readonly committedAtMs?: number;
  readonly snapshot?: SnapshotProgress;
}

/** `run` is the last one; a stream that was never started has none. */
export function statsOf(
  { batch }: Pick<StreamOptions, 'batch'>,
  counters: StreamCounters,
  run: StreamRun | undefined,
): StreamStats {
  const { transactions, changes, batches, batchMs, lastBatchMs, restarts, peerTransactions, parkings } = counters;
  const { committedAtMs } = counters;
  return {
    transactions,
    changes,
    batches,
    batchMs,
    lastBatchMs,
    batchLimit: (batch ?? run?.size.limits ?? new BatchSize().limits).changes,
    retries: run?.retries ?? 0,
    restarts,
    peerTransactions,
    parkings,
    parked: run?.parking.size ?? 0,
    ...(committedAtMs !== undefined && { committedAtMs }),
    ...(run?.state.kind === 'snapshotting' && { snapshot: run.state }),
  };
}
