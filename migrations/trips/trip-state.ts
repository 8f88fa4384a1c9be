import type { Row } from '../../cdc/index.ts';
import { impossible } from './errors.ts';
import { memberOf, numberOf, valueOf } from './read-column.ts';

const STATUSES = ['requested', 'assigned', 'en_route', 'completed', 'cancelled'];
const REMOVED = 'removed';

/** Legacy keeps the status of a soft-deleted trip; so does the service, in `removed_from`. */
export function stateOf(row: Row): { state: string; removed_from: string | null } {
  const status = memberOf(row, 'status', STATUSES);
  return isDeleted(row) ? { state: REMOVED, removed_from: status } : { state: status, removed_from: null };
}

/** The legacy columns a state came from. */
export function statusOf(row: Row): { status: string; deleted: number } {
  const state = memberOf(row, 'state', [...STATUSES, REMOVED]);
  if (state === REMOVED) return { status: memberOf(row, 'removed_from', STATUSES), deleted: 1 };
  if (valueOf(row, 'removed_from') !== null)
    throw impossible('removed_from', 'a state although the trip is not removed');
  return { status: state, deleted: 0 };
}

function isDeleted(row: Row): boolean {
  const deleted = numberOf(row, 'deleted');
  if (deleted !== 0 && deleted !== 1) throw impossible('deleted', 'a flag that is neither 0 nor 1');
  return deleted === 1;
}
