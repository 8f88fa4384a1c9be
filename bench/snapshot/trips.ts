import { openConnection } from '../../shared/index.ts';

export const TABLE = 'trip';

/** An ordinary table of a monolith: eight columns, about 90 bytes a row, one secondary index. */
export const ddl = `
  CREATE TABLE ${TABLE} (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id INT UNSIGNED NOT NULL,
    status ENUM('requested','assigned','completed') NOT NULL,
    pickup VARCHAR(255) NOT NULL,
    fare DECIMAL(10,2) NOT NULL,
    seats SMALLINT NOT NULL,
    note TEXT NULL,
    started_at DATETIME(3) NOT NULL,
    KEY trip_user (user_id)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`;

/** Adds the rows with these ids, unless they are there; the server makes them itself, unlogged. */
export async function fill(url: string, from: number, to: number): Promise<void> {
  const connection = await openConnection(url, { multipleStatements: true });
  try {
    await connection.query(
      `SET SESSION sql_log_bin=0, unique_checks=0; USE fleet;
       INSERT INTO ${TABLE} SELECT seq, 1 + (seq * 7919) % 100000, 1 + seq % 3, CONCAT(seq % 900, ' Main Street'),
         (seq % 9000) / 100, seq % 5, IF(seq % 3, NULL, 'please ring the bell'), '2026-01-02 03:04:05.678' + INTERVAL seq SECOND
       FROM seq_${from}_to_${to}`,
    );
  } finally {
    connection.destroy();
  }
}

export async function emptyTarget(url: string): Promise<void> {
  const connection = await openConnection(url, { multipleStatements: true });
  try {
    await connection.query(
      `CREATE DATABASE IF NOT EXISTS trips; USE trips; DROP TABLE IF EXISTS ${TABLE}; ${ddl};
       DROP DATABASE IF EXISTS banyan`,
    );
  } finally {
    connection.destroy();
  }
}

/** Says that both tables hold the same rows; the checksum is order-free and covers every column. */
export async function requireSame(sourceUrl: string, targetUrl: string): Promise<void> {
  const [source, target] = await Promise.all([
    checksum(sourceUrl, `fleet.${TABLE}`),
    checksum(targetUrl, `trips.${TABLE}`),
  ]);
  if (source !== target) throw new Error(`the copy has the checksum ${target}; expected ${source}`);
}

async function checksum(url: string, table: string): Promise<string> {
  const connection = await openConnection(url);
  try {
    const [rows] = await connection.query(`CHECKSUM TABLE ${table}`);
    return String((rows as { Checksum: unknown }[])[0]?.Checksum);
  } finally {
    connection.destroy();
  }
}
