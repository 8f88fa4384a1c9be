export interface BatchLimits {
  readonly changes: number;
  readonly bytes: number;
}

const LEAST = 100;
const MOST = 5_000;
const STEP = 250;
// Batches of twice the size took more memory and were no faster.
const BYTES = 1024 * 1024;
/** A batch holds its row locks for about as long as it is written; longer than this bothers who reads the target. */
const SLOW_MS = 500;
const QUICK_MS = 250;

/**
 * How much goes into one target transaction: grows slowly while the target is quick, halves when it is slow. Memory is
 * bounded by the bytes whatever the rows look like.
 */
export class BatchSize {
  private changes = 4_000;

  get limits(): BatchLimits {
    return { changes: this.changes, bytes: BYTES };
  }

  /** A batch of so many changes took so long; a small batch says nothing about the limit unless it was slow. */
  observe(changes: number, ms: number): void {
    if (ms > SLOW_MS) this.changes = Math.max(LEAST, Math.floor(Math.min(this.changes, Math.max(changes, LEAST)) / 2));
    else if (ms < QUICK_MS && changes >= this.changes) this.changes = Math.min(MOST, this.changes + STEP);
  }
}
