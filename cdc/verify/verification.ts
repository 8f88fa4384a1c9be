import type { Row } from '../change-event.ts';
import { maskValue } from '../tables/canonical.ts';

export type FindingKind =
  /** A column differs. */
  | 'different'
  /** The mapping says the row exists; it does not. */
  | 'missing'
  /** The row exists; no source row yields it. */
  | 'extra'
  /** Two source rows yield the same target row. */
  | 'collision'
  /** Mapped to the target and back the source row is not the same. */
  | 'irreversible';

/** One row that is not as it should be. Values appear as kind and length only. */
export interface Finding {
  readonly kind: FindingKind;
  readonly table: string;
  readonly key: Readonly<Record<string, string>>;
  readonly columns: readonly { readonly name: string; readonly expected: string; readonly actual: string }[];
}

export interface Verification {
  /** Target rows compared. */
  readonly rows: number;
  /** Rows that are different, missing, extra or in collision. */
  readonly wrong: number;
  readonly missing: number;
  readonly extra: number;
  /** Source rows that a rollback could not restore; counted when an inverse mapping was given. */
  readonly irreversible: number;
  /** Where in the source's log both sides stood. */
  readonly position: string;
  readonly ms: number;
  /** The first of them. */
  readonly findings: readonly Finding[];
}

const LIMIT = 100;

/** Counts every finding, keeps the first. */
export class Findings {
  rows = 0;
  readonly list: Finding[] = [];
  private readonly counts = new Map<FindingKind, number>();

  add(kind: FindingKind, table: string, key: Row, columns: Finding['columns'] = []): void {
    this.counts.set(kind, this.count(kind) + 1);
    if (this.list.length < LIMIT) this.list.push({ kind, table, key: maskKey(key), columns });
  }

  count(kind: FindingKind): number {
    return this.counts.get(kind) ?? 0;
  }

  get wrong(): number {
    return this.count('different') + this.count('missing') + this.count('extra') + this.count('collision');
  }

  report(position: string, ms: number): Verification {
    const [missing, extra, irreversible] = [this.count('missing'), this.count('extra'), this.count('irreversible')];
    return { rows: this.rows, wrong: this.wrong, missing, extra, irreversible, position, ms, findings: this.list };
  }
}

// Numbers identify a row and say nothing about a person; a text key may be an address.
function maskKey(key: Row): Record<string, string> {
  const shown = Object.entries(key).map(([name, value]) => {
    const isNumber = typeof value === 'number' || (typeof value === 'string' && /^-?\d{1,20}$/.test(value));
    return [name, isNumber ? String(value) : maskValue(value)];
  });
  return Object.fromEntries(shown) as Record<string, string>;
}
