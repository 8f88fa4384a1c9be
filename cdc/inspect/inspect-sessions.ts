import type { Connection } from '../../shared/index.ts';
import { ifAllowed, judged, ok, rowsOf, type CheckItem } from './check-item.ts';

// The first events of the newest log file: enough to see a habit, little enough to read at every start.
const EVENTS_LOOKED_AT = 2000;
const OLD_TRANSACTION_S = 60;

const SEE_SESSIONS = 'GRANT PROCESS ON *.* TO the user of the streams';

/** Statement-format changes that are in the newest log file; the global setting says nothing of open sessions. */
export async function inspectLogFormat(connection: Connection): Promise<CheckItem[]> {
  const subject = 'source statements in the log';
  const expected = 'row events only';
  const fix = 'set binlog_format=ROW for every session that writes, reconnect pools';
  return ifAllowed({ subject, expected, fix: 'GRANT BINLOG MONITOR ON *.* TO the user of the streams' }, async () => {
    const [status] = await rowsOf(connection, 'SHOW MASTER STATUS');
    const file = status?.['File'] as string | undefined;
    if (!file) return [];
    const events = await rowsOf(connection, `SHOW BINLOG EVENTS IN ? LIMIT ${EVENTS_LOOKED_AT}`, [file]);
    const found = events.find(
      (event) =>
        event['Event_type'] === 'Query' &&
        /^(use `(?:[^`]|``)*`; )?\s*(insert|update|delete|replace|load\s+data)\b/i.test(String(event['Info'])),
    );
    const value = found
      ? `a statement at ${file}:${String(found['Pos'])}`
      : `none in ${events.length} events of ${file}`;
    return [judged(!found, 'problem', { subject, value, expected, fix })];
  });
}

/** Whoever holds these privileges can leave the row format, or the log, in any session. */
export async function inspectFreeSessions(connection: Connection): Promise<CheckItem[]> {
  const subject = 'source sessions that may leave the row format';
  const expected = 'no application with SUPER or BINLOG ADMIN';
  return ifAllowed({ subject, expected, fix: `${SEE_SESSIONS}; GRANT SELECT ON mysql.* as well` }, async () => {
    const free = await rowsOf(
      connection,
      `SELECT DISTINCT SUBSTRING_INDEX(REPLACE(GRANTEE, '''', ''), '@', 1) AS user
       FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE IN ('SUPER', 'BINLOG ADMIN')`,
    );
    const sessions = await rowsOf(
      connection,
      `SELECT USER AS user, COUNT(*) AS n FROM information_schema.PROCESSLIST
       WHERE ID <> CONNECTION_ID() AND COMMAND <> 'Daemon' GROUP BY USER`,
    );
    const names = new Set(free.map((row) => String(row['user'])));
    const open = sessions.filter((row) => names.has(String(row['user'])));
    const value = open.map((row) => `${String(row['user'])} (${String(row['n'])})`).join(', ') || 'none open';
    const fix = 'let applications use an account without these privileges';
    return [judged(open.length === 0, 'warning', { subject, value, expected, fix })];
  });
}

/** What an XA transaction prepared elsewhere changes is not in the log until somebody commits it, and then as one event. */
export async function inspectXa(connection: Connection): Promise<CheckItem[]> {
  const subject = 'source XA transactions';
  const expected = 'none: their changes cannot be carried';
  return ifAllowed({ subject, expected, fix: 'grant what XA RECOVER needs' }, async () => {
    const prepared = await rowsOf(connection, 'XA RECOVER');
    if (prepared.length > 0) {
      const fix = 'XA COMMIT or XA ROLLBACK each that XA RECOVER lists';
      return [{ verdict: 'problem', subject, value: `${prepared.length} prepared`, expected, fix }];
    }
    const [row] = await rowsOf(connection, "SHOW GLOBAL STATUS LIKE 'Com_xa_start'");
    const started = Number(row?.['Value'] ?? 0);
    const value = started > 0 ? `${started} started since the server runs` : 'none';
    const fix = 'find who uses XA and keep it away from the tables of the unit';
    return [judged(started === 0, 'warning', { subject, value, expected, fix })];
  });
}

/** A handover waits for every open writer; one that never ends would cancel it every time. */
export async function inspectOldTransactions(
  connection: Connection,
  role: string,
  olderThanS = OLD_TRANSACTION_S,
): Promise<CheckItem[]> {
  const subject = `${role} open transactions`;
  const expected = `none older than ${olderThanS} s: a handover waits for them, and is cancelled`;
  return ifAllowed({ subject, expected, fix: SEE_SESSIONS }, async () => {
    // The server writes trx_started in its own zone, whatever the session's is.
    await connection.query("SET SESSION time_zone='SYSTEM'");
    const rows = await rowsOf(
      connection,
      `SELECT trx_mysql_thread_id AS thread, TIMESTAMPDIFF(SECOND, trx_started, NOW()) AS age
       FROM information_schema.INNODB_TRX
       WHERE trx_started < NOW() - INTERVAL ? SECOND AND trx_mysql_thread_id <> CONNECTION_ID()`,
      [olderThanS],
    );
    if (rows.length === 0) return [ok(subject, 'none that is old', expected)];
    return rows.map((row) => ({
      verdict: 'warning',
      subject,
      value: `thread ${String(row['thread'])} open for ${String(row['age'])} s`,
      expected,
      fix: `end it in the application, or KILL ${String(row['thread'])}`,
    }));
  });
}
