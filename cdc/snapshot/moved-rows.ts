import type { ChangeEvent, SourceTransaction } from '../change-event.ts';
import type { ChangeSource } from '../change-source.ts';
import { sameValue } from '../map/map.ts';

/** Primary key columns by table. */
export type SourceKeys = ReadonlyMap<string, readonly string[]>;

/**
 * A row that changes its key may move from where the copy has not been to where it will not come again. Only what an
 * update changes is applied, so a target row that both images yield alike would stay missing: behind such an update the
 * row is put once more, whole.
 */
export function withMovedRows(source: ChangeSource, keys: SourceKeys): ChangeSource {
  return {
    async *read(from, signal) {
      for await (const transactions of source.read(from, signal))
        yield transactions.map((transaction) => putMovedRows(transaction, keys));
    },
    head: () => source.head(),
    close: () => source.close(),
  };
}

export function putMovedRows(transaction: SourceTransaction, keys: SourceKeys): SourceTransaction {
  if (!transaction.changes.some((change) => isMove(change, keys))) return transaction;
  const changes = transaction.changes.flatMap((change): ChangeEvent[] =>
    change.op === 'u' && isMove(change, keys)
      ? [change, { op: 'c', table: change.table, before: null, after: change.after }]
      : [change],
  );
  return { ...transaction, changes };
}

function isMove({ op, table, before, after }: ChangeEvent, keys: SourceKeys): boolean {
  if (op !== 'u') return false;
  return (keys.get(table) ?? []).some((name) => !sameValue(before[name], after[name]));
}
