import type { TableMaps } from '../../cdc/index.ts';
import { controlRows, placeOf, type ControlRow } from './control-rows.ts';
import type { SeenTransaction } from './recent-changes.ts';

/** What legacy did for one request. `id` is empty when it changed no row of the unit. */
export type FoundTransaction =
  | { readonly kind: 'found'; readonly id: string; readonly rows: readonly ControlRow[] }
  | { readonly kind: 'not-found' | 'ambiguous' };

const NOTHING: FoundTransaction = { kind: 'found', id: '', rows: [] };

/**
 * Finds the transaction of a request among those since it came. With an id: the one that touches a row of that key or a
 * row that names it, and none means that the request changed nothing. Without: the only one there is. Where the next
 * request of the same user has left a second one that fits, nothing tells which was whose.
 */
export function findTransaction(
  maps: TableMaps,
  seen: readonly SeenTransaction[] | undefined,
  id: string | undefined,
): FoundTransaction {
  if (!seen || seen.some(({ changes }) => changes === undefined)) return { kind: 'not-found' };
  const mapped = seen.map(({ id: own, changes = [] }) => ({ id: own, rows: controlRows(maps, changes) }));
  const [first, second] = id === undefined ? mapped : mapped.filter(({ rows }) => names(rows, id));
  if (second) return { kind: 'ambiguous' };
  return first ? { kind: 'found', ...first } : NOTHING;
}

/** True when a later transaction has changed one of the rows: the state before the request is not known any more. */
export function isOvertaken(
  maps: TableMaps,
  seen: readonly SeenTransaction[] | undefined,
  { id, rows }: { readonly id: string; readonly rows: readonly ControlRow[] },
): boolean {
  if (!seen) return true;
  const places = new Set(rows.map(placeOf));
  const later = seen.slice(seen.findIndex((one) => one.id === id) + 1);
  return later.some(({ changes }) => !changes || controlRows(maps, changes).some((row) => places.has(placeOf(row))));
}

function names(rows: readonly ControlRow[], id: string): boolean {
  return rows.some(({ key, before, after }) =>
    [key, after ?? before ?? {}].some((values) => Object.values(values).some((value) => String(value) === id)),
  );
}
