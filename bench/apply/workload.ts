import { readHead, type Position } from '../../cdc/index.ts';
import { openConnection, type Connection } from '../../shared/index.ts';

export const SOURCE_TABLES = ['trips'];
export const TARGET_TABLES = ['trip', 'trip_fare', 'trip_point'];

/** Positions in the source's log, and how many changes lie between the first two. */
export interface Backlog {
  readonly start: Position;
  readonly quarter: Position;
  readonly quarterChanges: number;
  readonly end: Position;
}

/** The table that moves, as legacy has it. */
const sourceDdl = `
  CREATE DATABASE fleet; USE fleet;
  CREATE TABLE trips (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, user_id INT UNSIGNED NOT NULL,
    vehicle_id INT UNSIGNED NULL, route_id INT UNSIGNED NULL,
    status ENUM('requested','assigned','en_route','completed','cancelled') NOT NULL DEFAULT 'requested',
    pickup_addr VARCHAR(255) NOT NULL, dropoff_addr VARCHAR(255) NULL DEFAULT 'unknown',
    fare DECIMAL(10,2) NOT NULL DEFAULT 0.00, surge DECIMAL(4,2) NOT NULL DEFAULT 1.00,
    currency CHAR(3) NOT NULL DEFAULT 'EUR', shared_ride TINYINT(1) NOT NULL DEFAULT 0,
    odometer_start BIGINT UNSIGNED NOT NULL DEFAULT 0,
    started_at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00',
    finished_at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00',
    note TEXT NULL, extras JSON NULL, client_ref CHAR(36) NULL, deleted TINYINT(1) NOT NULL DEFAULT 0,
    legacy_flags INT NOT NULL DEFAULT 0, created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
    KEY trips_user (user_id, id), KEY trips_vehicle (vehicle_id), KEY trips_status (status, created_at)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`;

/**
 * Prepares the source and writes `total` changes, half of them inserts, in transactions of `perTransaction`.
 */
export async function writeBacklog(url: string, total: number, perTransaction: number): Promise<Backlog> {
  const connection = await openConnection(url, { multipleStatements: true });
  try {
    await connection.query(sourceDdl);
    const start = await readHead(connection);
    let [quarter, quarterChanges] = [start, 0];
    const next = createChanges();
    let statements: string[] = [];
    for (let written = 0; written < total; written += perTransaction) {
      statements.push('BEGIN', ...Array.from({ length: perTransaction }, next), 'COMMIT');
      if (statements.length < 600 && written + perTransaction < total) continue;
      await connection.query(statements.join(';'));
      statements = [];
      if (quarterChanges > 0 || written < total / 4) continue;
      [quarter, quarterChanges] = [await readHead(connection), written + perTransaction];
    }
    return { start, quarter, quarterChanges, end: await readHead(connection) };
  } finally {
    connection.destroy();
  }
}

/** 50 % inserts, 40 % updates, 10 % deletes over all rows alive, the same sequence every time. */
function createChanges(): () => string {
  const random = createRandom(20_260_102);
  const alive: number[] = [];
  let id = 0;
  const pick = (): number => Math.floor(random() * alive.length);
  return () => {
    const kind = alive.length < 10 ? 0 : random();
    if (kind < 0.5) {
      alive.push(++id);
      return insert(id, random);
    }
    if (kind < 0.9)
      return `UPDATE trips SET status='en_route', fare=${(random() * 100).toFixed(2)}, started_at='2026-01-02 03:04:05' WHERE id=${alive[pick()]}`;
    const at = pick();
    const gone = alive[at];
    alive[at] = alive.at(-1) as number;
    alive.pop();
    return `DELETE FROM trips WHERE id=${gone}`;
  };
}

function insert(id: number, random: () => number): string {
  const number = (below: number): number => Math.floor(random() * below);
  const token = `00000000-0000-4000-8000-${String(number(1e12)).padStart(12, '0')}`;
  return `INSERT INTO trips (id,user_id,vehicle_id,pickup_addr,dropoff_addr,fare,odometer_start,note,extras,client_ref)
    VALUES (${id},${number(10_000)},${number(1000)},'${number(900)} Main Street','Airport Terminal ${number(9)}',12.50,
    ${number(1e9)},'please ring the bell','{"seats":2,"pets":false}','${token}')`;
}

function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7f_ff_ff_ff;
    return state / 0x7f_ff_ff_ff;
  };
}

/** Rows of the result, for comparing what the peers have made of the same log. */
export async function countRows(connection: Connection, table: string): Promise<number> {
  const [rows] = await connection.query(`SELECT COUNT(*) AS n FROM ${table}`);
  return Number((rows as { n: string }[])[0]?.n);
}
