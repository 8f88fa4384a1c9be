import type { Connection, RowDataPacket } from '../shared/index.ts';
import { connectTo } from './connect.ts';
import { cdcErrors } from './errors.ts';
import { parsePosition, type Position } from './position.ts';

/** A view of a database that does not move, and where in the log it stands. */
export interface ConsistentView {
  readonly connection: Connection;
  readonly position: Position;
  close(): void;
}

/**
 * Opens a consistent view without a lock. MariaDB keeps, for such a transaction, the log coordinates that belong to it,
 * and knows their GTID; both are exact under load.
 */
export async function openConsistentView(url: string): Promise<ConsistentView> {
  const connection = await connectTo(url);
  try {
    await prepareReader(connection);
    await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    const position = await positionOfView(connection);
    return { connection, position, close: () => connection.destroy() };
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

async function prepareReader(connection: Connection): Promise<void> {
  await connection.query(
    `SET SESSION tx_isolation='REPEATABLE-READ', time_zone='+00:00', sql_mode='', net_write_timeout=600, wait_timeout=28800`,
  );
}

async function positionOfView(connection: Connection): Promise<Position> {
  const [status] = await connection.query<RowDataPacket[]>("SHOW STATUS LIKE 'binlog_snapshot%'");
  const valueOf = (name: string): string | undefined =>
    status.find((row) => String(row['Variable_name']).toLowerCase() === name)?.['Value'] as string | undefined;
  const file = valueOf('binlog_snapshot_file');
  const [rows] = await connection.query<RowDataPacket[]>('SELECT BINLOG_GTID_POS(?, ?) AS position', [
    file ?? '',
    Number(valueOf('binlog_snapshot_position') ?? 0),
  ]);
  const position = rows[0]?.['position'] as string | null | undefined;
  if (!file || position === null || position === undefined)
    throw cdcErrors.error('CDC_LOG_UNREADABLE', {
      message: 'the server gives no log position for a snapshot; expected MariaDB with log_bin=ON',
      fix: 'enable the binary log of the source, then start again',
    });
  return parsePosition(position);
}

/** A consistent view of a side whose log position does not matter. */
export async function openView(url: string): Promise<Connection> {
  const connection = await connectTo(url);
  await prepareReader(connection);
  await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
  return connection;
}
