import type { Connection, ResultSetHeader, RowDataPacket } from '../../shared/index.ts';
import { quoteText } from '../apply/literal.ts';
import { describeRefusal } from '../apply/refusal.ts';
import { classify } from '../apply/target-session.ts';
import { cdcErrors } from '../errors.ts';

/** Who copies. */
export interface CopyFence {
  readonly name: string;
  readonly unit: string;
  readonly epoch: number;
  readonly targetSide: 'legacy' | 'service';
}

/**
 * Opens a transaction that may only be committed while the stream is ours and the target does not own the rows, and sends
 * the first statements along. Anything else rolls back and throws. Gives the affected rows.
 */
export async function beginFenced(connection: Connection, fence: CopyFence, sqls: readonly string[]): Promise<number> {
  const { name, unit } = fence;
  const look = `SELECT p.epoch, (SELECT owner FROM banyan.ownership WHERE unit=${quoteText(unit)} LOCK IN SHARE MODE) AS owner
     FROM banyan.stream_position p WHERE p.name=${quoteText(name)} LOCK IN SHARE MODE`;
  const results = await send(connection, ['START TRANSACTION', look, ...sqls]);
  const row = (results[1] as RowDataPacket[] | undefined)?.[0];
  const problem = refuse(fence, Number(row?.['epoch']), row?.['owner'] as string | undefined);
  if (!problem) return affectedRows(results.slice(2));
  await connection.query('ROLLBACK');
  throw problem;
}

function refuse({ name, unit, epoch, targetSide }: CopyFence, found: number, owner: string | undefined) {
  if (found !== epoch)
    return cdcErrors.error('CDC_STREAM_TAKEN', { message: `stream ${name} has been taken over since epoch ${epoch}` });
  if (owner !== targetSide) return undefined;
  return cdcErrors.error('CDC_TARGET_OWNS_ROWS', {
    message: `a snapshot of ${unit} would replace rows that ${targetSide}, its target, owns`,
  });
}

/** Sends statements in one round trip; a row that is refused is described without its contents. */
export async function send(connection: Connection, sqls: readonly string[]): Promise<unknown[]> {
  if (sqls.length === 0) return [];
  try {
    const [results] = await connection.query(sqls.join(';'));
    return sqls.length === 1 ? [results] : (results as unknown[]);
  } catch (error) {
    if (classify(error) === 'refused') throw describeRefusal(error, undefined);
    throw error;
  }
}

function affectedRows(results: readonly unknown[]): number {
  return results.reduce<number>((sum, result) => sum + ((result as ResultSetHeader).affectedRows ?? 0), 0);
}
