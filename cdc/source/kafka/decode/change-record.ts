import type { ChangeEvent, Row } from '../../../change-event.ts';
import { cdcErrors } from '../../../errors.ts';
import { malformed } from './json-fields.ts';
import type { ChangeRecord } from './record.ts';
import type { RowPlan } from './row-plan.ts';

export interface ChangeFacts {
  readonly transactionId: string | null;
  readonly order: number;
  readonly isSnapshot: boolean;
  readonly atMs: number;
}

const CREATED = 'c';
const READ = 'r';
const UPDATED = 'u';
const DELETED = 'd';
export const TRUNCATED = 't';

export function isKnownOp(op: string): boolean {
  return op === CREATED || op === READ || op === UPDATED || op === DELETED || op === TRUNCATED;
}

/**
 * The event of a table of the unit. Throws when an image that its op needs is missing. `raw` is asked for only when the
 * event cannot be carried.
 */
export function changeEvent(
  op: string,
  plan: RowPlan,
  before: Row | null,
  after: Row | null,
  raw: () => string,
): ChangeEvent {
  const { table } = plan;
  if (op === TRUNCATED) return { op, table, before: null, after: null };
  const old = op === UPDATED || op === DELETED ? required(table, before) : null;
  if (op !== DELETED && after === null) throw malformed(`op ${op} of ${table} has no image after`);
  const { reason } = plan.doubts;
  if (reason !== undefined) {
    const key = keyOf(plan, (op === DELETED ? old : after) as Row);
    return { op: 'x', table, before: null, after: null, key, reason, raw: raw() };
  }
  if (op === DELETED) return { op, table, before: old as Row, after: null };
  if (op === UPDATED) return { op, table, before: old as Row, after: after as Row };
  return { op: CREATED, table, before: null, after: after as Row };
}

/** `op` r counts as a row of a snapshot whatever `source.snapshot` says. */
export function changeRecord(op: string, event: ChangeEvent | null, facts: ChangeFacts, bytes: number): ChangeRecord {
  const { transactionId, order, isSnapshot, atMs } = facts;
  return { kind: 'change', event, transactionId, order, isSnapshot: isSnapshot || op === READ, atMs, bytes };
}

function required(table: string, before: Row | null): Row {
  if (before) return before;
  throw cdcErrors.error('CDC_ROW_IMAGE_PARTIAL', {
    message: `a change of ${table} came without the row as it was before; expected binlog_row_image=FULL`,
  });
}

function keyOf({ key }: RowPlan, row: Row): Row {
  return Object.fromEntries(key.map((name) => [name, row[name] ?? null]));
}
