import { createConnection, type Connection } from 'mysql2/promise';

/** Runs a job straight on the database, past the application, as jobs here always have. Exit 1 when it is refused. */
export async function onDatabase(name: string, job: (db: Connection) => Promise<void>): Promise<void> {
  const url = process.env['LEGACY_APP_DATABASE_URL'];
  if (!url) return giveUp(name, 'set LEGACY_APP_DATABASE_URL');
  try {
    const db = await createConnection({ uri: url, charset: 'utf8mb4_general_ci', timezone: 'Z', dateStrings: true });
    try {
      await db.query("SET time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'");
      await job(db);
    } finally {
      await db.end();
    }
  } catch (error) {
    giveUp(name, error instanceof Error ? error.message : String(error));
  }
}

function giveUp(name: string, message: string): void {
  process.stderr.write(`${name}: ${message}\n`);
  process.exitCode = 1;
}
