import { quoteName, type Connection, type ResultSetHeader, type RowDataPacket } from '../../shared/index.ts';

/**
 * Which units are retired, in the service's own database. Without this row a stream that is started again would take its
 * missing position for a first start, and begin by clearing the service's tables.
 */
export const RETIRED_TABLE = `CREATE TABLE IF NOT EXISTS banyan.retired_unit (
    unit VARCHAR(64) NOT NULL PRIMARY KEY,
    is_done TINYINT NOT NULL,
    changed_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)
  ) ENGINE=InnoDB`;

/** What a unit has in the bookkeeping of one database, and by which column. */
const TRACES = [
  ['key_ownership', 'unit'],
  ['ownership', 'unit'],
  ['rehearsal', 'unit'],
  ['parked', 'stream'],
  ['dead_letter', 'stream'],
  ['copy_progress', 'stream'],
  ['source_shape', 'stream'],
  ['stream_position', 'name'],
] as const;

/** `removing`: it was begun, and something may be left. */
export type Retirement = 'none' | 'removing' | 'done';

const NO_TABLE = new Set([1146, 1049]);

export async function readRetirement(connection: Connection, unit: string): Promise<Retirement> {
  try {
    const [rows] = await connection.query<RowDataPacket[]>('SELECT is_done FROM banyan.retired_unit WHERE unit = ?', [
      unit,
    ]);
    if (!rows[0]) return 'none';
    return Number(rows[0]['is_done']) === 1 ? 'done' : 'removing';
  } catch (error) {
    if (NO_TABLE.has((error as { errno?: number }).errno ?? 0)) return 'none';
    throw error;
  }
}

/** To be written before anything is removed, and with `done` after all of it. */
export async function markRetired(connection: Connection, unit: string, { done }: { done: boolean }): Promise<void> {
  await connection.query(RETIRED_TABLE);
  await connection.query(
    'INSERT INTO banyan.retired_unit (unit, is_done) VALUES (?, ?) ON DUPLICATE KEY UPDATE is_done = VALUES(is_done)',
    [unit, done ? 1 : 0],
  );
}

/** Takes everything of a unit out of the bookkeeping of a database; answers how many rows of which table. Safe to repeat. */
export async function forgetUnit(
  connection: Connection,
  { unit, streams }: { readonly unit: string; readonly streams: readonly string[] },
): Promise<Record<string, number>> {
  const removed: Record<string, number> = {};
  for (const [table, column] of TRACES) {
    const names = column === 'unit' ? [unit] : streams;
    const [result] = await connection.query<ResultSetHeader>(
      `DELETE FROM banyan.${quoteName(table)} WHERE ${column} IN (?)`,
      [names],
    );
    if (result.affectedRows > 0) removed[table] = result.affectedRows;
  }
  return removed;
}
