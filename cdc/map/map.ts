import type { ChangeEvent, Row, Value } from '../change-event.ts';
import type { MapRow, TargetRow } from '../mapping.ts';

/** Takes target rows that must exist, or must not. */
export interface TargetSink {
  put(row: TargetRow): void;
  remove(row: TargetRow): void;
}

const nothing: readonly TargetRow[] = [];

/**
 * Maps both images and hands on the difference: rows only the old one yields are removed, rows that are new or changed
 * are put. This one rule covers splits, changed keys, and rows that enter or leave a filter.
 */
export function mapChange(map: MapRow, change: ChangeEvent, sink: TargetSink): void {
  const before = change.before ? map(change.before) : nothing;
  const after = change.after ? map(change.after) : nothing;
  carryDifference(before, after, sink);
}

/** The same for images that are mapped already. */
export function carryDifference(before: readonly TargetRow[], after: readonly TargetRow[], sink: TargetSink): void {
  for (let i = 0; i < before.length; i++) {
    const old = before[i] as TargetRow;
    if (!counterpart(old, after, i)) sink.remove(old);
  }
  for (let i = 0; i < after.length; i++) {
    const now = after[i] as TargetRow;
    const old = counterpart(now, before, i);
    if (!old || !sameValues(old.columns, now.columns)) sink.put(now);
  }
}

/** The row for the same place on the other list, most often at the same index. */
function counterpart(row: TargetRow, others: readonly TargetRow[], index: number): TargetRow | undefined {
  const other = others[index];
  if (other && samePlace(row, other)) return other;
  return others.find((candidate) => samePlace(row, candidate));
}

function samePlace(a: TargetRow, b: TargetRow): boolean {
  if (a.table !== b.table || (a.part === undefined) !== (b.part === undefined)) return false;
  return sameValues(a.key, b.key) && (!a.part || sameNames(a.columns, b.columns));
}

function sameNames(a: Row, b: Row): boolean {
  return Object.keys(a).every((name) => name in b);
}

function sameValues(a: Row, b: Row): boolean {
  for (const name in a) if (!sameValue(a[name], b[name])) return false;
  for (const name in b) if (!(name in a)) return false;
  return true;
}

export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  return a === b || (Buffer.isBuffer(a) && Buffer.isBuffer(b) && a.equals(b));
}
