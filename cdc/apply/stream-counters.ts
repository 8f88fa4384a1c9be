import type { SnapshotProgress } from '../snapshot/copy-meter.ts';

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

/** Counts what the follower does; the stream adds the rest. */
export class StreamCounters {
  transactions = 0;
  changes = 0;
  batches = 0;
  batchMs = 0;
  lastBatchMs = 0;
  restarts = 0;
  peerTransactions = 0;
  parkings = 0;
  committedAtMs: number | undefined;

  applied(batch: { transactions: number; changes: number; parked: { length: number }; newestAtMs: number }): void {
    this.transactions += batch.transactions;
    this.changes += batch.changes;
    this.parkings += batch.parked.length;
    if (batch.newestAtMs > 0) this.committedAtMs = batch.newestAtMs;
  }

  wrote(ms: number): void {
    this.batches += 1;
    this.batchMs += ms;
    this.lastBatchMs = ms;
  }
}
