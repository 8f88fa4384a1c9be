// Cron, 03:10 UTC. Cancels forgotten requests, bills, tidies up.
import type { Connection, ResultSetHeader } from 'mysql2/promise';
import { onDatabase } from './database.ts';

await onDatabase('nightly', async (db) => {
  const stale = await change(
    db,
    "UPDATE trips SET status = 'cancelled', finished_at = NOW() WHERE status = 'requested' AND created_at < NOW() - INTERVAL 24 HOUR",
  );
  // billing locked the trips table for the morning rush once; READ COMMITTED takes no locks on what it only reads
  await db.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  await db.query('CALL bill_trips(NOW())');
  const sessions = await change(db, 'DELETE FROM sessions WHERE expires_at < NOW()');
  const notifications = await change(
    db,
    `DELETE FROM notifications WHERE is_read = 1
        AND created_at < NOW() - INTERVAL (SELECT value FROM settings WHERE name = 'notification_days') DAY`,
  );
  process.stdout.write(
    `nightly: ${stale} trips cancelled, ${sessions} sessions and ${notifications} notifications removed\n`,
  );
});

async function change(db: Connection, sql: string): Promise<number> {
  const [result] = await db.query<ResultSetHeader>(sql);
  return result.affectedRows;
}
