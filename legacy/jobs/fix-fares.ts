// Finance runs this by hand. `fix-fares.ts <tripId> <fare>` sets one fare; without arguments every completed trip
// that was never given one gets the base fare.
import type { ResultSetHeader } from 'mysql2/promise';
import { onDatabase } from './database.ts';

const [tripId, fare] = process.argv.slice(2);

await onDatabase('fix-fares', async (db) => {
  const [result] = tripId
    ? await db.query<ResultSetHeader>('UPDATE trips SET fare = ? WHERE id = ?', [fare, tripId])
    : await db.query<ResultSetHeader>(
        `UPDATE trips SET fare = (SELECT CAST(value AS DECIMAL(10,2)) FROM settings WHERE name = 'base_fare')
          WHERE status = 'completed' AND fare = 0.00`,
      );
  process.stdout.write(`fix-fares: ${result.affectedRows} trips\n`);
});
