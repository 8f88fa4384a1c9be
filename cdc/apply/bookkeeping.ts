import type { Connection, ResultSetHeader, RowDataPacket } from '../../shared/index.ts';
import { formatPosition, parsePosition, type Position } from '../position.ts';
import { RETIRED_TABLE } from './retired-unit.ts';

/** Lives in its own schema beside the tables it speaks of, so that one transaction holds both. */
export const BOOKKEEPING_SCHEMA = 'banyan';
/** Rows of this table travel through every stream to show that it is alive. */
export const REHEARSAL_TABLE = `${BOOKKEEPING_SCHEMA}.rehearsal`;
/** How far the copy of each source table is, while a snapshot runs. */
export const COPY_TABLE = `${BOOKKEEPING_SCHEMA}.copy_progress`;

const statements = [
  `CREATE DATABASE IF NOT EXISTS banyan CHARACTER SET utf8mb4`,
  `CREATE TABLE IF NOT EXISTS banyan.stream_position (
    name VARCHAR(64) NOT NULL PRIMARY KEY,
    unit VARCHAR(64) NOT NULL,
    epoch BIGINT UNSIGNED NOT NULL,
    position TEXT NOT NULL,
    \`cursor\` TEXT NULL,
    state ENUM('new','snapshotting','streaming') NOT NULL,
    mapping_version INT UNSIGNED NOT NULL,
    stopped_code VARCHAR(64) NULL,
    changed_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS banyan.ownership (
    unit VARCHAR(64) NOT NULL PRIMARY KEY,
    owner ENUM('legacy','service') NOT NULL,
    epoch BIGINT UNSIGNED NOT NULL,
    changed_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS banyan.key_ownership (
    unit VARCHAR(64) NOT NULL,
    bucket SMALLINT UNSIGNED NOT NULL,
    served MEDIUMBLOB NOT NULL,
    epoch BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (unit, bucket)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS banyan.source_shape (
    stream VARCHAR(64) NOT NULL,
    source_table VARCHAR(64) NOT NULL,
    shape LONGTEXT NOT NULL,
    PRIMARY KEY (stream, source_table)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS banyan.rehearsal (
    unit VARCHAR(64) NOT NULL,
    stream VARCHAR(64) NOT NULL,
    token CHAR(36) NOT NULL,
    written_at DATETIME(3) NOT NULL,
    PRIMARY KEY (unit, stream)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS banyan.copy_progress (
    stream VARCHAR(64) NOT NULL,
    source_table VARCHAR(64) NOT NULL,
    pass ENUM('whole','part') NOT NULL,
    is_needed TINYINT NOT NULL,
    is_done TINYINT NOT NULL,
    last_key TEXT NULL,
    rows_copied BIGINT UNSIGNED NOT NULL,
    changed_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
    PRIMARY KEY (stream, source_table, pass)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS banyan.parked (
    stream VARCHAR(64) NOT NULL,
    id BIGINT UNSIGNED NOT NULL,
    chain BIGINT UNSIGNED NOT NULL,
    unit VARCHAR(64) NOT NULL,
    source_table VARCHAR(130) NOT NULL,
    source_key MEDIUMTEXT NOT NULL,
    gtid VARCHAR(64) NOT NULL,
    ordinal INT UNSIGNED NOT NULL,
    op CHAR(1) NOT NULL,
    event LONGTEXT NOT NULL,
    code VARCHAR(64) NOT NULL,
    reason VARCHAR(500) NOT NULL,
    parked_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    PRIMARY KEY (stream, id),
    KEY parked_chain (stream, chain)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS banyan.dead_letter (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    stream VARCHAR(64) NOT NULL,
    place VARCHAR(300) NOT NULL,
    raw LONGBLOB NOT NULL,
    code VARCHAR(64) NOT NULL,
    reason VARCHAR(500) NOT NULL,
    seen_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    passed_at DATETIME(3) NULL,
    UNIQUE KEY one_letter (stream, place)
  ) ENGINE=InnoDB`,
  RETIRED_TABLE,
];

/** Creates what is missing; safe to run at every start. */
export async function installBookkeeping(connection: Connection): Promise<void> {
  for (const statement of statements) await connection.query(statement);
}

/** Where a stream stands, as the target's database knows it. */
export interface StreamRecord {
  readonly epoch: number;
  readonly position: Position;
  /** The source's hint for what follows the position. */
  readonly cursor?: string;
  readonly state: 'new' | 'snapshotting' | 'streaming';
  readonly mappingVersion: number;
  readonly stoppedCode: string | null;
}

/** Makes the caller the only one who may apply: the next transaction of anybody before it changes nothing. */
export async function takeOver(
  connection: Connection,
  stream: { name: string; unit: string; mappingVersion: number },
): Promise<StreamRecord> {
  await connection.query(
    `INSERT INTO banyan.stream_position (name, unit, epoch, position, state, mapping_version)
     VALUES (?, ?, 1, '', 'new', ?) ON DUPLICATE KEY UPDATE epoch = epoch + 1`,
    [stream.name, stream.unit, stream.mappingVersion],
  );
  const record = await readStreamRecord(connection, stream.name);
  if (!record) throw new RangeError(`the position row of ${stream.name} vanished`);
  return record;
}

/** With `settled`, waits until a transaction that is under way on the record has ended one way or the other. */
export async function readStreamRecord(
  connection: Connection,
  name: string,
  options: { readonly settled?: boolean } = {},
): Promise<StreamRecord | undefined> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT epoch, position, \`cursor\`, state, mapping_version, stopped_code FROM banyan.stream_position
     WHERE name = ? ${options.settled ? 'FOR UPDATE' : ''}`,
    [name],
  );
  const row = rows[0];
  return (
    row && {
      epoch: Number(row['epoch']),
      position: parsePosition(String(row['position'])),
      ...(row['cursor'] !== null && { cursor: String(row['cursor']) }),
      state: row['state'] as StreamRecord['state'],
      mappingVersion: Number(row['mapping_version']),
      stoppedCode: row['stopped_code'] as string | null,
    }
  );
}

export interface StreamChange {
  readonly position?: Position;
  readonly state?: StreamRecord['state'];
  readonly mappingVersion?: number;
  readonly stoppedCode?: string | null;
}

/** Changes the record under the caller's epoch. False when somebody else has taken the stream over. */
export async function changeStream(
  connection: Connection,
  name: string,
  epoch: number,
  change: StreamChange,
): Promise<boolean> {
  const { position, state, mappingVersion, stoppedCode } = change;
  const sets: [string, unknown][] = [];
  if (position) sets.push(['position = ?', formatPosition(position)], ['`cursor` = ?', null]);
  if (state) sets.push(['state = ?', state]);
  if (mappingVersion !== undefined) sets.push(['mapping_version = ?', mappingVersion]);
  if (stoppedCode !== undefined) sets.push(['stopped_code = ?', stoppedCode]);
  const [result] = await connection.query<ResultSetHeader>(
    `UPDATE banyan.stream_position SET ${[...sets.map(([set]) => set), 'changed_at = NOW(3)'].join(', ')}
     WHERE name = ? AND epoch = ?`,
    [...sets.map(([, value]) => value), name, epoch],
  );
  return result.affectedRows === 1;
}

/** Makes the next start take a new snapshot. It clears the unit's tables at the target first. */
export async function forgetStream(connection: Connection, name: string): Promise<void> {
  // What waits is older than the new copy.
  await connection.query('DELETE FROM banyan.parked WHERE stream = ?', [name]);
  await connection.query('DELETE FROM banyan.dead_letter WHERE stream = ?', [name]);
  await connection.query(
    `UPDATE banyan.stream_position SET state = 'snapshotting', position = '', \`cursor\` = NULL, stopped_code = NULL, epoch = epoch + 1
     WHERE name = ?`,
    [name],
  );
}
