import type { Connection, ResultSetHeader, RowDataPacket } from '../../shared/index.ts';
import type { DeadLetter } from '../dead-letter.ts';
import type { Refusal } from '../map/parked-keys.ts';

/** A message in front of which a stream has stopped, or which was given up. */
export interface StoredLetter extends Refusal {
  readonly id: number;
  readonly where: string;
  readonly bytes: number;
  /** UTC. */
  readonly seenAt: string;
  /** When it was given up; absent while the stream still stops in front of it. */
  readonly passedAt?: string;
}

/** The same message seen again is one letter. */
export async function keepLetter(
  connection: Connection,
  stream: string,
  letter: DeadLetter,
  { code, reason }: Refusal,
): Promise<void> {
  await connection.query(
    `INSERT INTO banyan.dead_letter (stream, place, raw, code, reason) VALUES (?, ?, ?, ?, ?)
     ON DUPLICATE KEY UPDATE code = VALUES(code), reason = VALUES(reason), seen_at = NOW(3)`,
    [stream, letter.where, letter.raw, code, reason.slice(0, 500)],
  );
}

/** A new start reads the messages again; those it still cannot understand come back. */
export async function forgetUnpassed(connection: Connection, stream: string): Promise<void> {
  await connection.query('DELETE FROM banyan.dead_letter WHERE stream = ? AND passed_at IS NULL', [stream]);
}

export async function readLetters(connection: Connection, stream: string): Promise<StoredLetter[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT id, place, LENGTH(raw) AS bytes, code, reason, seen_at, passed_at FROM banyan.dead_letter
     WHERE stream = ? ORDER BY id`,
    [stream],
  );
  return rows.map((row) => ({
    id: Number(row['id']),
    where: String(row['place']),
    bytes: Number(row['bytes']),
    code: String(row['code']),
    reason: String(row['reason']),
    seenAt: String(row['seen_at']),
    ...(row['passed_at'] !== null && { passedAt: String(row['passed_at']) }),
  }));
}

export async function readRaw(connection: Connection, stream: string, id: number): Promise<Buffer | undefined> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT raw FROM banyan.dead_letter WHERE stream = ? AND id = ?',
    [stream, id],
  );
  return rows[0]?.['raw'] as Buffer | undefined;
}

/** The stream will pass over these messages from its next start on. Gives how many were not given up before. */
export async function passLetters(connection: Connection, stream: string, ids: readonly number[]): Promise<number> {
  if (ids.length === 0) return 0;
  const [result] = await connection.query<ResultSetHeader>(
    'UPDATE banyan.dead_letter SET passed_at = NOW(3) WHERE stream = ? AND id IN (?) AND passed_at IS NULL',
    [stream, ids],
  );
  return result.affectedRows;
}
