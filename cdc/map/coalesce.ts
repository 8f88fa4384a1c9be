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
  readonly keyColumns: readonly string[];
  readonly byKey: Map<KeyId, TargetChange>;
}

/**
 * Folds changes in order into one change per target row: the last image wins, parts merge into their row. Applying
 * the folded changes gives the same rows as applying one by one.
 */
export class Coalescer {
  readonly tables = new Map<string, TableChanges>();
  size = 0;

  put(row: TargetRow): void {
    const change = this.changeOf(row);
    if (!row.part) change.whole = row.columns;
    else change.parts = change.parts ? { ...change.parts, ...row.columns } : row.columns;
  }

  remove(row: TargetRow): void {
    const change = this.changeOf(row);
    if (row.part) {
      change.parts = { ...change.parts, ...row.part.unset };
      return;
    }
    change.removed = true;
    change.whole = null;
    change.parts = null;
  }

  private changeOf({ table, key }: TargetRow): TargetChange {
    let changes = this.tables.get(table);
    if (!changes) {
      changes = { table, keyColumns: Object.keys(key), byKey: new Map() };
      this.tables.set(table, changes);
    }
    const id = keyId(changes.keyColumns, key);
    let change = changes.byKey.get(id);
    if (!change) {
      change = { key, removed: false, whole: null, parts: null };
      changes.byKey.set(id, change);
      this.size += 1;
    }
    return change;
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
