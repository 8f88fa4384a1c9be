import type { Connection, RowDataPacket } from '../../shared/index.ts';

/** Who is at work, or has been this long ago. */
const RECENT_MS = 2_000;
const MOST_USERS = 5;

/**
 * `user@host` of every other session that may just have written to the schema, at most five. Without the right PROCESS
 * a server shows nobody but oneself: then there are none.
 */
export async function sessionsAtWork(connection: Connection, schema: string, ownUser: string): Promise<string[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT DISTINCT CONCAT(USER, '@', SUBSTRING_INDEX(HOST, ':', 1)) AS who FROM information_schema.PROCESSLIST
     WHERE USER NOT IN (?, 'system user', 'event_scheduler') AND COMMAND NOT IN ('Daemon', 'Binlog Dump')
       AND (DB = ? OR DB IS NULL) AND (COMMAND <> 'Sleep' OR TIME_MS < ${RECENT_MS})
     ORDER BY who LIMIT ${MOST_USERS}`,
    [ownUser, schema],
  );
  return rows.map((row) => String(row['who']));
}
