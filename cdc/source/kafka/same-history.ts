import { describeDatabase, messageOf, type Log } from '../../../shared/index.ts';
import { cdcErrors } from '../../errors.ts';
import { formatPosition, type Position } from '../../position.ts';
import type { HeadReader } from '../head-reader.ts';

/**
 * A topic cannot tell a transaction that was applied already from one of another history with the same number. The
 * source can: its log must reach the position. A source that does not answer is no reason to stop: what the topic holds
 * can still be carried.
 */
export async function requireSameHistory(
  head: Pick<HeadReader, 'read'>,
  position: Position,
  { databaseUrl, log }: { readonly databaseUrl: string; readonly log: Log },
): Promise<void> {
  const newest = await head.read().catch((error: unknown) => {
    log.warn({ reason: messageOf(error) }, 'the source does not say how far its log goes');
    return undefined;
  });
  if (!newest || !isBehind(newest, position)) return;
  throw cdcErrors.error('CDC_POSITION_LOST', {
    message: `the log of ${describeDatabase(databaseUrl)} ends at ${formatPosition(newest) || 'its beginning'}, before ${formatPosition(position)}, which was applied already`,
    fix: 'the source was reset or another server took its place: take a new snapshot',
  });
}

function isBehind(newest: Position, position: Position): boolean {
  if (newest.size === 0) return position.size > 0;
  return [...position].some(([domain, { sequence }]) => (newest.get(domain)?.sequence ?? sequence) < sequence);
}
