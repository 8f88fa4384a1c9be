import type { Row } from './change-event.ts';

/**
 * A row (or a part of one) that must exist on the other side.
 *
 * A whole row (`part` absent) owns the existence of its key: when no source row yields it any more, it is deleted.
 * A part only owns its columns of a row whose existence another source row decides; when it is no longer yielded its
 * columns go back to `unset`. Parts let two source tables feed one target row, as the inverse of a split must. A part
 * finds its row only when that row's source row is written in the same transaction or before it.
 */
export interface TargetRow {
  readonly table: string;
  /** Primary key columns of the target table. */
  readonly key: Row;
  /** The other mapped columns. Columns not named here are never touched. */
  readonly columns: Row;
  readonly part?: { readonly unset: Row };
}

/** Pure and deterministic: the same image gives the same rows, whenever and wherever it is called. */
export type MapRow = (row: Row) => readonly TargetRow[];

/** One direction: what each source table's rows become. Tables not named are not carried. */
export type TableMaps = Readonly<Record<string, MapRow>>;

export interface Mapping {
  /** Raised with every change of meaning; recorded with the position. */
  readonly version: number;
  /** Legacy tables to service rows. */
  readonly forward: TableMaps;
  /** Service tables to legacy rows. `inverse(forward(row))` must give back every mapped column. */
  readonly inverse: TableMaps;
  /**
   * Columns, by legacy table, in which 1970-01-01 00:00:00 read through Debezium is the zero date: Debezium cannot carry
   * a zero date of a NOT NULL column and says the epoch instead. Not needed where the log itself is read.
   */
  readonly zeroDates?: Readonly<Record<string, readonly string[]>>;
  /** What TRUNCATE of a source table empties at the target. A table not named here stops its stream when truncated. */
  readonly truncates?: {
    readonly forward?: Readonly<Record<string, readonly string[]>>;
    readonly inverse?: Readonly<Record<string, readonly string[]>>;
  };
}

/** Types a unit's `mapping.ts`; its default export. */
export function defineMapping(mapping: Mapping): Mapping {
  return mapping;
}
