import type { Row } from '../change-event.ts';
import { REHEARSAL_TABLE } from './bookkeeping.ts';
import { keyId, type Coalescer, type KeyId } from '../map/coalesce.ts';

const LIMIT = 50_000;

/** Keys per table, each once. */
export type KeySet = ReadonlyMap<string, readonly Row[]>;

export interface HotSet {
  readonly source: KeySet;
  readonly target: KeySet;
  /** More changed than is remembered, or what changed before this process started is unknown. */
  readonly isOverflowed: boolean;
}

/**
 * Remembers which keys were written since the last clean verification, bounded per table. Beyond the bound, and before
 * the first verification, nothing is remembered: only a full one can tell then.
 */
export class HotKeys {
  private source = new Map<string, Map<KeyId, Row>>();
  private target = new Map<string, Map<KeyId, Row>>();
  private isOverflowed = true;

  touchSource(table: string, columns: readonly string[], row: Row): void {
    if (this.isOverflowed) return;
    const keys = bucket(this.source, table);
    const id = keyId(columns, row);
    if (keys.has(id)) return;
    keys.set(id, Object.fromEntries(columns.map((column) => [column, row[column] ?? null])));
    if (keys.size > LIMIT) this.overflow();
  }

  /** Rows the batch puts or removes; a part says nothing about the existence of its row. */
  touchTargets({ tables }: Coalescer): void {
    for (const [table, { byKey, isEmptied }] of tables) {
      if (this.isOverflowed || table === REHEARSAL_TABLE) continue;
      // Which rows went is not known.
      if (isEmptied) this.overflow();
      const keys = bucket(this.target, table);
      for (const [id, { key, whole, removed }] of byKey) if (whole || removed) keys.set(id, key);
      if (keys.size > LIMIT) this.overflow();
    }
  }

  view(): HotSet {
    return { source: listOf(this.source), target: listOf(this.target), isOverflowed: this.isOverflowed };
  }

  /** Hands everything over and starts empty; `restore` takes it back when the check did not come out clean. */
  take(): { restore(): void } {
    const { source, target, isOverflowed } = this;
    this.source = new Map();
    this.target = new Map();
    this.isOverflowed = false;
    return {
      restore: () => {
        addAll(this.source, source);
        addAll(this.target, target);
        if (isOverflowed) this.overflow();
      },
    };
  }

  private overflow(): void {
    this.isOverflowed = true;
    this.source.clear();
    this.target.clear();
  }
}

function bucket(tables: Map<string, Map<KeyId, Row>>, table: string): Map<KeyId, Row> {
  let keys = tables.get(table);
  if (!keys) tables.set(table, (keys = new Map()));
  return keys;
}

function addAll(into: Map<string, Map<KeyId, Row>>, from: ReadonlyMap<string, Map<KeyId, Row>>): void {
  for (const [table, keys] of from) for (const [id, key] of keys) bucket(into, table).set(id, key);
}

function listOf(tables: ReadonlyMap<string, Map<KeyId, Row>>): KeySet {
  return new Map([...tables].map(([table, keys]) => [table, [...keys.values()]]));
}
