import { randomUUID } from 'node:crypto';
import { waitUntil, type RowDataPacket } from '../../shared/index.ts';
import { REHEARSAL_TABLE } from './bookkeeping.ts';
import { withConnection } from '../tables/connect.ts';
import type { MapRow } from '../mapping.ts';

/** Carries a unit's rehearsal rows as they are. */
export function rehearsalMap(unit: string): MapRow {
  return (row) => {
    if (row['unit'] !== unit) return [];
    const { stream = null, token = null, written_at = null } = row;
    return [{ table: REHEARSAL_TABLE, key: { unit, stream }, columns: { token, written_at } }];
  };
}

/**
 * Shows that a direction is alive: writes a row at the source and waits until the stream has carried it. True when it
 * arrived within the budget. Both sides need the bookkeeping tables.
 */
export async function rehearse(options: {
  readonly unit: string;
  readonly stream: string;
  readonly sourceUrl: string;
  readonly targetUrl: string;
  readonly budgetMs: number;
}): Promise<boolean> {
  const { unit, stream, sourceUrl, targetUrl, budgetMs } = options;
  const token = randomUUID();
  await withConnection(sourceUrl, (source) =>
    source.query('REPLACE INTO banyan.rehearsal (unit, stream, token, written_at) VALUES (?, ?, ?, UTC_TIMESTAMP(3))', [
      unit,
      stream,
      token,
    ]),
  );
  return withConnection(targetUrl, (target) =>
    waitUntil(
      async () => {
        const [rows] = await target.query<RowDataPacket[]>(
          'SELECT token FROM banyan.rehearsal WHERE unit = ? AND stream = ?',
          [unit, stream],
        );
        return rows[0]?.['token'] === token;
      },
      { budgetMs, everyMs: 5 },
    ),
  );
}
