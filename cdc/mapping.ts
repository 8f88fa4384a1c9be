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

/**
 * A table that joins others. Each source table is mapped one to one to a landing table of the target schema; a row of
 * the derived table is what `select` says of the landing rows, computed anew in the same transaction that changes one of
 * them. The source is never asked: its rows may be newer or older than the change at hand.
 */
export interface DerivedTable {
  /** Columns of its primary key. None of them is NULL. */
  readonly key: readonly string[];
  /** `SELECT … FROM` landing tables of the target schema. Its columns are named as those of the derived table, all of them. */
  readonly select: string;
  /**
   * By landing table: the derived keys that a changed row of it touches. Either columns of the landing row, in the order
   * of `key`, or a SELECT of them in which the changed rows are a table called `changed`. It is asked before and after
   * the change, so that a row that moves touches its old place and its new one. Every table that `select` reads is named.
   */
  readonly affected: Readonly<Record<string, readonly string[] | string>>;
}

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
  /** Tables of the service computed from landing tables, by name. They have no inverse: a rollback needs none. */
  readonly derived?: Readonly<Record<string, DerivedTable>>;
  /**
   * What does not come back, by table and column of the side it starts on, and why that is acceptable: `{ trips:
   * { legacy_flags: 'nobody reads it' } }`. The column `*` stands for every column of the table.
   */
  readonly lossy?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /**
   * Columns, by table of either side, that hold categories: few values that say nothing about a person. A report may
   * name them; of other columns it shows counts only. ENUM, SET and TINYINT(1) columns need no mention.
   */
  readonly categories?: Readonly<Record<string, readonly string[]>>;
}

/** Types a unit's `mapping.ts`; its default export. */
export function defineMapping(mapping: Mapping): Mapping {
  return mapping;
}
