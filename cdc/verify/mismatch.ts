import type { Row } from '../change-event.ts';

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
  | 'irreversible'
  /** A foreign key of the target leads to no row. */
  | 'orphan'
  /** The target's next id is one that the source has used. */
  | 'headroom';

/** A row of the source, by its primary key. */
export interface SourceKey {
  readonly table: string;
  readonly key: Row;
}

/** A finding with its real keys, for what works on it further. Never shown: the keys may be personal. */
export interface Mismatch {
  readonly kind: FindingKind;
  readonly table: string;
  readonly key: Row;
  /** Values by kind and length. */
  readonly columns: readonly { readonly name: string; readonly expected: string; readonly actual: string }[];
  /** The source row that yields it, where one does. */
  readonly source?: SourceKey;
}

export function keyOf(columns: readonly string[], row: Row): Row {
  return Object.fromEntries(columns.map((name) => [name, row[name] ?? null]));
}
