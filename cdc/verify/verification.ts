import type { Row } from '../change-event.ts';
import type { Mismatch, FindingKind } from './mismatch.ts';
import { maskKey } from './mask-key.ts';

/** One row that is not as it should be. Values appear as kind and length only. */
export interface Finding {
  readonly kind: FindingKind;
  readonly table: string;
  readonly key: Readonly<Record<string, string>>;
  readonly columns: readonly { readonly name: string; readonly expected: string; readonly actual: string }[];
}

/**
 * Why a row was left out. hot: its source changed at every look. late: the stream did not get past it in time. parked:
 * its events wait for a decision. no-way-back: the mapping does not tell which source row it comes from. Neither right
 * nor wrong is known of it.
 */
export type UnverifiedReason = 'hot' | 'late' | 'parked' | 'no-way-back';

export interface Unverified {
  readonly table: string;
  readonly key: Readonly<Record<string, string>>;
  readonly reason: UnverifiedReason;
}

export interface Verification {
  /** exact: both sides at one position, or at one position per range. continuous: row by row while both go on. */
  readonly mode: 'exact' | 'continuous';
  /** Target rows compared. */
  readonly rows: number;
  /** Rows that are different, missing, extra or in collision. */
  readonly wrong: number;
  readonly missing: number;
  readonly extra: number;
  /** Source rows that a rollback could not restore; counted when an inverse mapping was given. */
  readonly irreversible: number;
  /** Target rows whose foreign key leads nowhere. */
  readonly orphans: number;
  /** Target tables that would hand out an id which the source has used already. */
  readonly headroom: number;
  /** Rows of which nothing is known. They are neither right nor wrong, and a cutover waits for them. */
  readonly notVerified: number;
  /** Percent of the source rows that were looked at. */
  readonly coverage: number;
  /** How long before the end the oldest of the rows that count was looked at. */
  readonly oldestAgeMs: number;
  /** Where in the source's log both sides stood; with several positions the last of them. */
  readonly position: string;
  /** How many positions were needed. */
  readonly positions: number;
  readonly ms: number;
  /** True when it went on where an interrupted one had ended. */
  readonly resumed: boolean;
  /** Rows read, by table of the source, and held, by table of the target. */
  readonly counts: {
    readonly source: Readonly<Record<string, number>>;
    readonly target: Readonly<Record<string, number>>;
  };
  /** What could not be looked at for a reason of its own, in words. */
  readonly limits: readonly string[];
  /** The first of them. */
  readonly findings: readonly Finding[];
  readonly unverified: readonly Unverified[];
}

const SHOWN = 100;
const REMEMBERED = 100_000;

/** Everything found so far, as it is kept between two runs of one verification. */
export interface FindingsRecord {
  readonly rows: number;
  readonly counts: Readonly<Partial<Record<FindingKind, number>>>;
  readonly notVerified: number;
  readonly list: readonly Finding[];
  readonly unverified: readonly Unverified[];
}

export function percent(part: number, whole: number): number {
  return whole <= 0 ? 100 : Math.floor((1000 * part) / whole) / 10;
}

/** Counts every finding, shows the first, and keeps as many as a repair may want to take up. */
export class Findings {
  rows = 0;
  notVerified = 0;
  readonly list: Finding[] = [];
  readonly unverified: Unverified[] = [];
  /** With real keys; never to be shown. */
  readonly mismatches: Mismatch[] = [];
  private readonly counts = new Map<FindingKind, number>();
  private readonly different = new Set<string>();
  private readonly keep: number;

  constructor(keep = 0) {
    this.keep = keep;
  }

  add(mismatch: Mismatch): void {
    const { kind, table, key, columns } = mismatch;
    if (this.isSeenAsDifferent(mismatch)) return;
    this.counts.set(kind, this.count(kind) + 1);
    if (this.list.length < SHOWN) this.list.push({ kind, table, key: maskKey(key), columns });
    if (this.mismatches.length < this.keep) this.mismatches.push(mismatch);
  }

  /** A damaged row may look as if it came from another source row; it is wrong once. */
  private isSeenAsDifferent({ kind, table, key }: Mismatch): boolean {
    const place = `${table} ${Object.values(key).join()}`;
    if (kind === 'different' && this.different.size < REMEMBERED) this.different.add(place);
    return kind === 'extra' && this.different.has(place);
  }

  leaveOut(table: string, key: Row, reason: UnverifiedReason): void {
    this.notVerified += 1;
    if (this.unverified.length < SHOWN) this.unverified.push({ table, key: maskKey(key), reason });
  }

  count(kind: FindingKind): number {
    return this.counts.get(kind) ?? 0;
  }

  get wrong(): number {
    return this.count('different') + this.count('missing') + this.count('extra') + this.count('collision');
  }

  record(): FindingsRecord {
    const { rows, notVerified, list, unverified, counts } = this;
    return { rows, notVerified, list: [...list], unverified: [...unverified], counts: Object.fromEntries(counts) };
  }

  resume(record: FindingsRecord): void {
    this.rows = record.rows;
    this.notVerified = record.notVerified;
    this.list.push(...record.list);
    this.unverified.push(...record.unverified);
    for (const [kind, count] of Object.entries(record.counts)) this.counts.set(kind as FindingKind, count);
  }

  /** The part of the report that comes from what was found. */
  report() {
    return {
      rows: this.rows,
      wrong: this.wrong,
      missing: this.count('missing'),
      extra: this.count('extra'),
      irreversible: this.count('irreversible'),
      orphans: this.count('orphan'),
      headroom: this.count('headroom'),
      notVerified: this.notVerified,
      findings: this.list,
      unverified: this.unverified,
    };
  }
}
