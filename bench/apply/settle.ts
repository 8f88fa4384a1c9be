import { waitUntil, type Connection, type RowDataPacket } from '../../shared/index.ts';

const DIRTY_PAGES = 100;
const OLD_VERSIONS = 1000;

/** Waits until the server has written and purged what the peer before has left: nobody pays for another's rows. */
export async function settle(connection: Connection): Promise<void> {
  await connection.query('SET @usual = @@GLOBAL.innodb_max_dirty_pages_pct; SET GLOBAL innodb_max_dirty_pages_pct = 0');
  const isSettled = async (): Promise<boolean> => {
    const [dirty, old] = await Promise.all([
      statusOf(connection, 'Innodb_buffer_pool_pages_dirty'),
      statusOf(connection, 'Innodb_history_list_length'),
    ]);
    return dirty < DIRTY_PAGES && old < OLD_VERSIONS;
  };
  await waitUntil(isSettled, { budgetMs: 30_000, everyMs: 100 });
  await connection.query('SET GLOBAL innodb_max_dirty_pages_pct = @usual');
}

async function statusOf(connection: Connection, name: string): Promise<number> {
  const [rows] = await connection.query<RowDataPacket[]>('SHOW GLOBAL STATUS LIKE ?', [name]);
  return Number(rows[0]?.['Value'] ?? 0);
}
