import { qualifiedName, type TableInfo } from '../tables/catalogue.ts';
import type { TargetSession } from '../apply/target-session.ts';
import { beginFenced } from './fenced-write.ts';
import type { SnapshotOptions } from './snapshot.ts';

const ROWS_AT_ONCE = 10_000;

/** Empties the unit's tables at the target: what lies there was left by a copy that is not gone on with. */
export async function clearTarget(options: SnapshotOptions): Promise<void> {
  const session = options.openSession();
  try {
    for (const table of options.targetTables.values()) await clearTable(options, session, table);
  } finally {
    session.close();
  }
}

export async function clearTable(options: SnapshotOptions, session: TargetSession, table: TableInfo): Promise<void> {
  const remove = `DELETE FROM ${qualifiedName(table)} LIMIT ${ROWS_AT_ONCE}`;
  for (;;) {
    options.signal.throwIfAborted();
    const removed = await session.retry(async (connection) => {
      const rows = await beginFenced(connection, options, [remove]);
      await connection.query('COMMIT');
      return rows;
    }, options.signal);
    if (removed === 0) return;
  }
}
