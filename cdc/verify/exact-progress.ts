import { Cursor, keepYields, type CursorRecord, type YieldsRecord } from './cursor.ts';
import { percent, type FindingsRecord } from './verification.ts';

/** How far an exact verification is, as it is kept. */
export interface ExactRecord extends CursorRecord {
  readonly position: string;
  readonly positions: number;
  /** Milliseconds since the epoch, when the first view was opened. */
  readonly oldestAt: number;
  readonly counts: Counts;
  readonly yields: YieldsRecord;
  readonly findings: FindingsRecord;
}

interface Counts {
  readonly source: Record<string, number>;
  readonly target: Record<string, number>;
}

/** Where an exact verification is, and what it has counted. */
export class ExactProgress extends Cursor {
  position = '';
  positions = 0;
  oldestAt = 0;
  counts: Counts = { source: {}, target: {} };
  private readonly estimate: number;

  /** `estimate`: how many rows the source may hold. */
  constructor(estimate: number) {
    super();
    this.estimate = estimate;
  }

  count(side: keyof Counts, rows: number): void {
    this.counts[side][this.table] = (this.counts[side][this.table] ?? 0) + rows;
  }

  get rows(): number {
    return Object.values(this.counts.source).reduce((sum, rows) => sum + rows, 0);
  }

  get total(): number {
    return Math.max(this.estimate, this.rows);
  }

  get coverage(): number {
    return percent(this.rows, this.total);
  }

  record(yields: ReadonlyMap<string, ReadonlySet<string>>, findings: FindingsRecord): ExactRecord {
    const { position, positions, oldestAt, counts } = this;
    return {
      ...this.place(),
      position,
      positions,
      oldestAt,
      findings,
      counts: { source: { ...counts.source }, target: { ...counts.target } },
      yields: keepYields(yields),
    };
  }

  resume(record: ExactRecord): void {
    this.goTo(record);
    const { position, positions, oldestAt, counts } = record;
    Object.assign(this, { position, positions, oldestAt, counts });
  }
}
