import type { TableMaps } from '../../cdc/index.ts';
import { controlRows, placeOf, type ControlRow } from './control-rows.ts';
import type { SeenTransaction } from './recent-changes.ts';

/** What legacy did for one request. `id` is empty when it changed no row of the unit. */
export type FoundTransaction =
  | { readonly kind: 'found'; readonly id: string; readonly rows: readonly ControlRow[] }
  | { readonly kind: 'not-found' | 'ambiguous' };

const NOTHING: FoundTransaction = { kind: 'found', id: '', rows: [] };
const KEY = 2;

/**
 * Finds the transaction of a request among those since it came. With an id: the one that touches a row of that key, or
 * else a row that names it; none means that the request changed nothing. Without: the only one there is.
 */
export function findTransaction(
  maps: TableMaps,
  seen: readonly SeenTransaction[] | undefined,
  id: string | undefined,
): FoundTransaction {
  if (!seen || seen.some(({ changes }) => changes === undefined)) return { kind: 'not-found' };
  const mapped = seen.map(({ id, changes = [] }) => ({ id, rows: controlRows(maps, changes) }));
  const scored = mapped.map((one) => ({ one, score: id === undefined ? KEY : scoreOf(one.rows, id) }));
  const best = Math.max(0, ...scored.map(({ score }) => score));
  if (best === 0) return NOTHING;
  const [first, second] = scored.filter(({ score }) => score === best);
  if (second || !first) return { kind: 'ambiguous' };
  return { kind: 'found', ...first.one };
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

function scoreOf(rows: readonly ControlRow[], id: string): number {
  const isNamed = (values: Iterable<unknown>): boolean => [...values].some((value) => String(value) === id);
  if (rows.some(({ key }) => isNamed(Object.values(key)))) return KEY;
  return rows.some(({ before, after }) => isNamed(Object.values(after ?? before ?? {}))) ? 1 : 0;
}
