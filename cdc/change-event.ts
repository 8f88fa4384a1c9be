import type { Gtid } from './position.ts';

/**
 * A column value in canonical form, the same whether it came from the log or from a SELECT:
 * integers up to 32 bits, FLOAT, DOUBLE and YEAR are numbers; BIGINT and DECIMAL are text; every temporal type is text
 * as MariaDB prints it (`2026-11-21 08:00:00.123456`, zero dates included, TIMESTAMP in UTC); CHAR, TEXT, ENUM, SET and
 * JSON are text; BINARY, BLOB and BIT are buffers.
 */
export type Value = string | number | Buffer | null;
export type Row = Readonly<Record<string, Value>>;

/**
 * One row change. An update of the key is one event whose `before` and `after` carry different keys, or a `d` followed
 * by a `c` in the same transaction, as the source tells it. `t` empties a table.
 * `x` is a change whose key is known but whose image cannot be carried faithfully (a placeholder instead of a value, a
 * zero date that the source cannot tell from another date): it is never applied as it stands.
 */
export type ChangeEvent =
  | { readonly op: 'c'; readonly table: string; readonly before: null; readonly after: Row }
  | { readonly op: 'u'; readonly table: string; readonly before: Row; readonly after: Row }
  | { readonly op: 'd'; readonly table: string; readonly before: Row; readonly after: null }
  | { readonly op: 't'; readonly table: string; readonly before: null; readonly after: null }
  | UnreadableEvent;

export interface UnreadableEvent {
  readonly op: 'x';
  readonly table: string;
  readonly before: null;
  readonly after: null;
  /** Primary key of the source row. */
  readonly key: Row;
  /** Names the column and what is wrong with it, never its content. */
  readonly reason: string;
  /** The event as it came, for a replay. */
  readonly raw: string;
}

/** The row changes of one source transaction, in log order. Empty when it touched none of the unit's tables. */
export interface SourceTransaction {
  readonly gtid: Gtid;
  /** The source's clock at commit, milliseconds since the epoch; second resolution. For lag only, never for order. */
  readonly committedAtMs: number;
  readonly changes: readonly ChangeEvent[];
  /** About how much memory the changes hold; what back-pressure counts. */
  readonly bytes: number;
  /** The statement, when this transaction is a DDL or TRUNCATE on a table of the unit. */
  readonly schemaChange?: string;
  /**
   * More changes of the same transaction follow: it is too large to be held in memory at once. All pieces are applied
   * in one target transaction, which ends with the piece that lacks this mark.
   */
  readonly continues?: true;
  /** Where the source finds what follows without searching; kept with the position. It is a hint, never the truth. */
  readonly cursor?: string;
}
