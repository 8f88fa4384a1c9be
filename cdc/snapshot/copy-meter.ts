/** What an operator sees of a running copy. */
export interface SnapshotProgress {
  readonly table: string;
  readonly rows: number;
  /** The source's own estimate. */
  readonly totalRows: number;
  /** Over the last ten seconds. */
  readonly rowsPerS: number;
  /** Seconds until the last row at this rate; absent while nothing moves. */
  readonly etaS?: number;
  /** Rows wait for one of these, or it is not rows but the source's new changes that are carried. */
  readonly waitsFor?: string;
}

const WINDOW_MS = 10_000;

/** Counts rows and says how fast they come. */
export class CopyMeter {
  private readonly samples: { readonly at: number; readonly rows: number }[] = [];
  private rows: number;

  /** `rows` are there from an earlier start. */
  constructor(rows: number, now: number) {
    this.rows = rows;
    this.samples.push({ at: now, rows });
  }

  add(rows: number): void {
    this.rows += rows;
  }

  read(table: string, estimate: number, now: number, waitsFor?: string): SnapshotProgress {
    const rowsPerS = this.rate(now);
    const totalRows = Math.max(estimate, this.rows);
    const moves = rowsPerS > 0 && totalRows > this.rows;
    return {
      table,
      rows: this.rows,
      totalRows,
      rowsPerS,
      ...(moves && { etaS: Math.ceil((totalRows - this.rows) / rowsPerS) }),
      ...(waitsFor !== undefined && { waitsFor }),
    };
  }

  private rate(now: number): number {
    const newest = this.samples.at(-1);
    if (newest && now - newest.at >= WINDOW_MS / 20) this.samples.push({ at: now, rows: this.rows });
    while (this.samples.length > 2 && now - (this.samples[1]?.at ?? now) >= WINDOW_MS) this.samples.shift();
    const [oldest] = this.samples;
    if (!oldest) return 0;
    return Math.round(((this.rows - oldest.rows) * 1000) / Math.max(now - oldest.at, 1));
  }
}
