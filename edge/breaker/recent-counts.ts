const BUCKETS = 10;
const BUCKET_MS = 1000;

/** Counts of the last ten seconds, in steps of one. Counting is a few additions and makes no object. */
export class RecentCounts {
  readonly #columns: number;
  readonly #counts: Uint32Array;
  readonly #totals: Uint32Array;
  #second = 0;

  constructor(columns: number) {
    this.#columns = columns;
    this.#counts = new Uint32Array(BUCKETS * columns);
    this.#totals = new Uint32Array(columns);
  }

  add(column: number, nowMs: number): void {
    this.#roll(nowMs);
    const at = (this.#second % BUCKETS) * this.#columns + column;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#totals[column] = (this.#totals[column] ?? 0) + 1;
  }

  total(column: number, nowMs: number): number {
    this.#roll(nowMs);
    return this.#totals[column] ?? 0;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#totals.fill(0);
  }

  /** Forgets what is older than ten seconds. */
  #roll(nowMs: number): void {
    const second = Math.floor(nowMs / BUCKET_MS);
    if (second === this.#second) return;
    if (second - this.#second >= BUCKETS) this.clear();
    else while (this.#second < second) this.#drop(++this.#second % BUCKETS);
    this.#second = second;
  }

  #drop(bucket: number): void {
    for (let column = 0; column < this.#columns; column++) {
      const at = bucket * this.#columns + column;
      this.#totals[column] = (this.#totals[column] ?? 0) - (this.#counts[at] ?? 0);
      this.#counts[at] = 0;
    }
  }
}
