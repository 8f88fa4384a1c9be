import { createPool, type Pool, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';

export type Db = Pool;
export type Row = RowDataPacket;

/**
 * The pool every handler uses. Zero dates have to pass, so NO_ZERO_DATE stays off whatever the server's default
 * becomes; all times are UTC and leave the driver as text.
 */
export function openDb(url: string, size = 20): Db {
  const db = createPool({
    uri: url,
    connectionLimit: size,
    charset: 'utf8mb4_general_ci',
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    jsonStrings: true,
  });
  db.pool.on('connection', (connection) => {
    connection.query("SET time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'");
  });
  return db;
}

export async function rows(db: Db, sql: string, args: unknown[] = []): Promise<Row[]> {
  const [found] = await db.query<Row[]>(sql, args);
  return found;
}

export async function one(db: Db, sql: string, args: unknown[] = []): Promise<Row | undefined> {
  return (await rows(db, sql, args))[0];
}

/** An INSERT, UPDATE or DELETE; committed when this resolves. */
export async function run(db: Db, sql: string, args: unknown[] = []): Promise<ResultSetHeader> {
  const [result] = await db.query<ResultSetHeader>(sql, args);
  return result;
}

/** One value of the hub table. Everything reads it, on every request. */
export async function setting(db: Db, name: string, otherwise: string): Promise<string> {
  const row = await one(db, 'SELECT value FROM settings WHERE name = ?', [name]);
  return row ? String(row['value']) : otherwise;
}
