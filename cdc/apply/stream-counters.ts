/** What the followers of a stream have done since this process started it; counters only grow. */
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
