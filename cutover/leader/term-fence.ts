import type { PoolConnection, RowDataPacket } from '../../shared/index.ts';
import { cutoverErrors } from '../errors.ts';

/** By which term a process changes the control database. */
export interface Term {
  /** Throws LEADER_ELSEWHERE in a process that does not lead. */
  readonly term: number;
}

/**
 * Begins what a leader changes: whoever is no longer the leader is refused. The row is shared until the transaction ends,
 * so that nobody takes over in its middle, and none of a former leader is ever committed after a new one has begun.
 */
export async function assertTerm(connection: PoolConnection, { term }: Term): Promise<void> {
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT term FROM banyan.leader LOCK IN SHARE MODE');
  const now = Number(row?.['term'] ?? 0);
  if (now === term) return;
  throw cutoverErrors.error('LEADER_DEPOSED', { message: `term ${term} is over: somebody else leads by term ${now}` });
}
