import { openConnection, waitUntil, type Connection, type RowDataPacket } from '../../../shared/index.ts';
import type { MariaDb } from '../../../stack/index.ts';
import { covers, formatPosition, parsePosition, type Position } from '../../../cdc/index.ts';

/**
 * MariaDB's own replica, applying the same log in parallel threads from `start` on. Gives the milliseconds it took from
 * `timedFrom` to `until`. Its tables must be there, empty.
 */
export async function runReplica(
  replica: MariaDb,
  source: MariaDb,
  { start, timedFrom, until }: { start: Position; timedFrom: Position; until: Position },
): Promise<number> {
  const connection = await openConnection(replica.url(), { multipleStatements: true });
  try {
    await connection.query(
      `STOP SLAVE; RESET SLAVE ALL; RESET MASTER; SET GLOBAL gtid_slave_pos='${formatPosition(start)}'; 
       RESET MASTER; SET GLOBAL slave_parallel_mode='optimistic', slave_parallel_threads=4;
       CHANGE MASTER TO master_host='127.0.0.1', master_port=${source.port}, master_user='root',
         master_use_gtid=slave_pos`,
    );
    await connection.query('START SLAVE UNTIL master_gtid_pos=?', [formatPosition(until)]);
    await reach(connection, timedFrom);
    const startedAt = performance.now();
    await reach(connection, until);
    return performance.now() - startedAt;
  } finally {
    connection.destroy();
  }
}

async function reach(connection: Connection, position: Position): Promise<void> {
  const isThere = async (): Promise<boolean> => covers(await slavePosition(connection), position);
  if (await waitUntil(isThere, { budgetMs: 120_000, everyMs: 10 })) return;
  throw new Error(`the replica did not catch up: ${await lastError(connection)}`);
}

async function slavePosition(connection: Connection): Promise<Position> {
  const [rows] = await connection.query<RowDataPacket[]>('SELECT @@GLOBAL.gtid_slave_pos AS position');
  return parsePosition(String(rows[0]?.['position']));
}

async function lastError(connection: Connection): Promise<string> {
  const [rows] = await connection.query<RowDataPacket[]>('SHOW SLAVE STATUS');
  return `${rows[0]?.['Last_IO_Error'] as string} ${rows[0]?.['Last_SQL_Error'] as string}`;
}
