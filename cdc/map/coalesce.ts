import type { Row, Value } from '../change-event.ts';
import type { TargetRow } from '../mapping.ts';

/** What a batch means for one target row. */
export interface TargetChange {
  readonly key: Row;
  /** The row, as it was before the batch, is to be removed. A row put afterwards is a new one. */
  removed: boolean;
  /** Columns of the whole row, when it exists after the batch because this batch said so. */
  whole: Row | null;
  /** Columns that parts set, on top of `whole` or of the row that is there. */
  parts: Row | null;
}

/** Identifies a key within a table. */
export type KeyId = string | number;

export interface TableChanges {
  readonly table: string;
  keyColumns: readonly string[];
  /** Parts stand in the order in which their keys were last touched. */
  readonly byKey: Map<KeyId, TargetChange>;
  /** Everything that was there before goes; `byKey` comes after that. */
  isEmptied: boolean;
}

/** Columns for a row that has not been met yet. */
export interface WaitingPart {
  readonly table: string;
  readonly key: Row;
  readonly parts: Row;
}

/**
 * Folds changes in order into one change per target row: the last image wins, parts merge into their row. Applying
 * the folded changes gives the same rows as applying one by one.
 */
export class Coalescer {
  readonly tables = new Map<string, TableChanges>();
  size = 0;

  put(row: TargetRow): void {
    if (row.part) return this.set(row, row.columns);
    this.changeOf(row.table, row.key).whole = row.columns;
  }

  remove(row: TargetRow): void {
    if (row.part) return this.set(row, row.part.unset);
    const change = this.changeOf(row.table, row.key);
    change.removed = true;
    change.whole = null;
    change.parts = null;
  }

  /** Every row of the table goes. */
  empty(table: string): void {
    const changes = this.tableOf(table, []);
    this.size += 1 - changes.byKey.size;
    changes.byKey.clear();
    changes.isEmptied = true;
  }

  /** Parts from before this batch that found no row: they wait on, for a row that this batch brings. */
  precede(waiting: readonly WaitingPart[]): void {
    for (const { table, key, parts } of waiting) {
      if (this.tables.get(table)?.isEmptied) continue;
      const change = this.changeOf(table, key);
      if (!change.removed) change.parts = { ...parts, ...change.parts };
    }
  }

  private set(row: TargetRow, columns: Row): void {
    const change = this.changeOf(row.table, row.key);
    change.parts = change.parts ? { ...change.parts, ...columns } : columns;
    // Keys that differ here may be the same to the target's collation ('a' and 'A'): the later one must win there.
    const { byKey, keyColumns } = this.tables.get(row.table) as TableChanges;
    const id = keyId(keyColumns, row.key);
    byKey.delete(id);
    byKey.set(id, change);
  }

  private changeOf(table: string, key: Row): TargetChange {
    const changes = this.tableOf(table, key);
    const id = keyId(changes.keyColumns, key);
    let change = changes.byKey.get(id);
    if (!change) {
      change = { key, removed: false, whole: null, parts: null };
      changes.byKey.set(id, change);
      this.size += 1;
    }
    return change;
  }

  private tableOf(table: string, key: Row | []): TableChanges {
    let changes = this.tables.get(table);
    if (!changes) {
      changes = { table, keyColumns: [], byKey: new Map(), isEmptied: false };
      this.tables.set(table, changes);
    }
    if (changes.keyColumns.length === 0) changes.keyColumns = Object.keys(key);
    return changes;
  }
}

/** Equal for equal keys and only for these; the columns' order is given by the caller, not by the key object. */
export function keyId(columns: readonly string[], key: Row): KeyId {
  const first = columns.length === 1 ? key[columns[0] as string] : undefined;
  if (typeof first === 'string' || typeof first === 'number') return first;
  return columns.map((column) => partId(key[column] ?? null)).join('');
}

function partId(value: Value): string {
  const text = Buffer.isBuffer(value) ? `x${value.toString('hex')}` : `t${value}`;
  return `${text.length}:${text}`;
}
