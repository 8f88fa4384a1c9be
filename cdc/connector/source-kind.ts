import type { RowDataPacket } from '../../shared/index.ts';
import { withConnection } from '../tables/connect.ts';
import type { SourceKind } from './tls-mode.ts';

/** Which of the two servers answers at the URL, by its own word. */
export function sourceKind(url: string): Promise<SourceKind> {
  return withConnection(url, async (connection) => {
    const [rows] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
    return String(rows[0]?.['version']).includes('MariaDB') ? 'mariadb' : 'mysql';
  });
}
