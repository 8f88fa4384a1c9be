import type { Connection, RowDataPacket } from '../../shared/index.ts';
import { connectTo } from '../tables/connect.ts';
import { cdcErrors } from '../errors.ts';
import { parsePosition, type Position } from '../position.ts';

/** A view of a database that does not move, and where in the log it stands. */
export interface ConsistentView {
  readonly connection: Connection;
  readonly position: Position;
  close(): void;
}

// At 6,000 commits a second every second attempt finds a quiet moment; one costs about a millisecond.
const QUIET_ATTEMPTS = 40;

/**
 * Opens a consistent view without a lock. MariaDB keeps, for such a transaction, the log coordinates that belong to it.
 * The newest GTID is theirs when, after it was read, the log still ends at these coordinates: the log only grows. Else
 * the server looks it up, reading its log file from the start, which is exact as well but slow (a quarter of a second
 * for 400 MB): a quiet moment is tried for first.
 */
export async function openConsistentView(url: string): Promise<ConsistentView> {
  const connection = await connectTo(url, { multipleStatements: true });
  try {
    await prepareReader(connection);
    const position = await beginView(connection);
    return { connection, position, close: () => connection.destroy() };
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

async function beginView(connection: Connection): Promise<Position> {
  for (let attempt = 1; ; attempt++) {
    const [[, gtid, end, status = []]] = await connection.query<RowDataPacket[][]>(
      `START TRANSACTION WITH CONSISTENT SNAPSHOT; SELECT @@GLOBAL.gtid_binlog_pos AS position;
       SHOW MASTER STATUS; SHOW STATUS LIKE 'binlog_snapshot%'`,
    );
    const valueOf = (name: string): string =>
      String(status.find((row) => String(row['Variable_name']).toLowerCase() === name)?.['Value'] ?? '');
    const place = { file: valueOf('binlog_snapshot_file'), offset: Number(valueOf('binlog_snapshot_position')) };
    if (isEndOfLog(place, end)) return parsePosition(String(gtid?.[0]?.['position']));
    if (attempt >= QUIET_ATTEMPTS || place.file === '') return lookUp(connection, place);
  }
}

interface LogPlace {
  readonly file: string;
  readonly offset: number;
}

function isEndOfLog({ file, offset }: LogPlace, status: readonly RowDataPacket[] | undefined): boolean {
  return file !== '' && status?.[0]?.['File'] === file && Number(status[0]['Position']) === offset;
}

async function lookUp(connection: Connection, { file, offset }: LogPlace): Promise<Position> {
  const [rows] = await connection.query<RowDataPacket[]>('SELECT BINLOG_GTID_POS(?, ?) AS position', [file, offset]);
  const position = rows[0]?.['position'] as string | null | undefined;
  if (file !== '' && position !== null && position !== undefined) return parsePosition(position);
  throw cdcErrors.error('CDC_LOG_UNREADABLE', {
    message: 'the server gives no log position for a snapshot; expected MariaDB with log_bin=ON',
    fix: 'enable the binary log of the source, then start again',
  });
}

async function prepareReader(connection: Connection): Promise<void> {
  await connection.query(
    `SET SESSION tx_isolation='REPEATABLE-READ', time_zone='+00:00', sql_mode='', net_write_timeout=600, wait_timeout=28800`,
  );
}

/** A consistent view of a side whose log position does not matter. */
export async function openView(url: string): Promise<Connection> {
  const connection = await connectTo(url);
  await prepareReader(connection);
  await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
  return connection;
}
