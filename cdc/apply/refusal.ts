import type { TableInfo } from '../tables/catalogue.ts';
import { isBanyanError } from '../../shared/index.ts';
import { cdcErrors } from '../errors.ts';

const reasons: Readonly<Record<number, string>> = {
  1048: 'a column may not be NULL',
  1054: 'a mapped column does not exist',
  1062: 'another row has the same value in a unique key',
  1146: 'the table does not exist',
  1153: 'a row is larger than max_allowed_packet',
  1264: 'a number is out of range',
  1265: 'a value is not among the allowed ones',
  1292: 'a date is not valid',
  1364: 'a column without default is not mapped',
  1366: 'a value does not fit the column type',
  1406: 'a value is too long',
  1644: 'a trigger refused it',
  4025: 'a CHECK constraint failed',
};

/** Refusals that are one row's fault; others (a missing table or right) would hit every row alike. */
const ROW_REFUSALS = new Set([1048, 1062, 1153, 1264, 1265, 1292, 1366, 1406, 1411, 1416, 1644, 1690, 4025]);
const COLLISION = 1062;

export interface RowRefusal {
  readonly error: Error;
  /** The row collides with another one; together with that one's change it may fit. */
  readonly isCollision: boolean;
}

/** A refusal that can wait in the park; undefined for every other error. */
export function rowRefusal(error: unknown, table: TableInfo | undefined): RowRefusal | undefined {
  if (isBanyanError(error)) return tooLarge.has(error) ? { error, isCollision: false } : undefined;
  const { errno = 0, message = '' } = error as { errno?: number; message?: string };
  if (!ROW_REFUSALS.has(errno) || isFence(errno, message)) return undefined;
  return { error: describeRefusal(error, table), isCollision: errno === COLLISION };
}

/** Not a row's fault: somebody wrote where another side owns the rows. */
function isFence(errno: number, message: string): boolean {
  return errno === 1644 && message.startsWith('banyan: ');
}

const tooLarge = new WeakSet<Error>();

/** A row that fits into no packet was never sent. */
export function packetTooSmall(table: TableInfo | undefined): Error {
  const error = describeRefusal({ errno: 1153 }, table);
  tooLarge.add(error);
  return error;
}

/**
 * Names table, key columns and reason. The server's own message often quotes the value, so only the names of columns
 * and keys are taken from it, and the original error is not attached.
 */
export function describeRefusal(error: unknown, table: TableInfo | undefined): Error {
  const { errno, code, message = '' } = error as { errno?: number; code?: string; message?: string };
  if (isFence(errno ?? 0, message)) return cdcErrors.error('CDC_TARGET_OWNS_ROWS', { message: message.slice(8) });
  const reason = reasons[errno ?? 0] ?? `error ${errno ?? '?'} (${code ?? 'unknown'})`;
  const column = /(?:column|CONSTRAINT) (?:`[^`]+`\.`[^`]+`\.)?[`']([\w$]+)[`']/.exec(message)?.[1];
  const key = errno === 1062 ? /for key '([\w$.]+)'$/.exec(message)?.[1] : undefined;
  const where = table ? `${table.schema}.${table.name} (key ${table.key.join(', ')})` : 'the target';
  const what = [reason, column && `column ${column}`, key && `key ${key}`].filter(Boolean).join(', ');
  return cdcErrors.error('CDC_ROW_REFUSED', { message: `${where} refused a row: ${what}` });
}
