import type { Pool, RowDataPacket } from '../../shared/index.ts';
import { ControlDatabase, isoOf } from '../control/control-database.ts';
import type { Term } from '../leader/term-fence.ts';

export const callerTables = [
  `CREATE TABLE IF NOT EXISTS banyan.unseen_write (
    unit VARCHAR(64) NOT NULL,
    table_name VARCHAR(64) NOT NULL,
    users VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    transactions BIGINT UNSIGNED NOT NULL,
    first_seen DATETIME(3) NOT NULL,
    last_seen DATETIME(3) NOT NULL,
    PRIMARY KEY (unit, table_name, users)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS banyan.caller_watch (
    unit VARCHAR(64) NOT NULL PRIMARY KEY,
    run CHAR(36) NOT NULL,
    judged BIGINT UNSIGNED NOT NULL,
    unsure BIGINT UNSIGNED NOT NULL,
    since DATETIME(3) NOT NULL,
    looked_at DATETIME(3) NOT NULL
  ) ENGINE=InnoDB`,
];

/** Writes to a table of legacy that no request through an edge explains. */
export interface UnseenWrite {
  readonly table: string;
  /** `user@host`: whoever was at work at that time, one of them; empty where nobody can tell. */
  readonly users: readonly string[];
  readonly transactions: number;
  /** ISO 8601, UTC. */
  readonly firstSeen: string;
  readonly lastSeen: string;
}

/** Up to where a unit was judged, and since when. */
export interface CallerWatchMark {
  readonly run: string;
  readonly judged: number;
  /** Transactions that were read too late to be judged. */
  readonly unsure: number;
  readonly since: string;
  readonly lookedAt: string;
}

/** What one look has found, by table. */
export interface Sighting {
  readonly table: string;
  readonly users: readonly string[];
  readonly transactions: number;
  readonly agoMs: number;
}

export interface Look {
  readonly run: string;
  readonly judged: number;
  readonly unsure: number;
  readonly sightings: readonly Sighting[];
}

/** Sets of users of one table that are told apart; what comes besides is told without a user. */
const MOST_SETS = 50;

/** Unseen writes, in the control database: they outlive every process. */
export class CallerStore {
  readonly #database: ControlDatabase;

  constructor(pool: Pool, term?: Term) {
    this.#database = new ControlDatabase(pool, term);
  }

  /** Newest first. */
  async list(unit: string): Promise<UnseenWrite[]> {
    const rows = await this.#database.query<RowDataPacket[]>(
      `SELECT table_name, users, transactions, ${isoOf('first_seen')} AS first_seen, ${isoOf('last_seen')} AS last_seen
       FROM banyan.unseen_write WHERE unit = ? ORDER BY last_seen DESC, table_name`,
      [unit],
    );
    return rows.map((row) => ({
      table: String(row['table_name']),
      users: String(row['users']).split(', ').filter(Boolean),
      transactions: Number(row['transactions']),
      firstSeen: String(row['first_seen']),
      lastSeen: String(row['last_seen']),
    }));
  }

  /** Undefined before the first look. */
  async mark(unit: string): Promise<CallerWatchMark | undefined> {
    const rows = await this.#database.query<RowDataPacket[]>(
      `SELECT run, judged, unsure, ${isoOf('since')} AS since, ${isoOf('looked_at')} AS looked_at
       FROM banyan.caller_watch WHERE unit = ?`,
      [unit],
    );
    const row = rows[0];
    return (
      row && {
        run: String(row['run']),
        judged: Number(row['judged']),
        unsure: Number(row['unsure']),
        since: String(row['since']),
        lookedAt: String(row['looked_at']),
      }
    );
  }

  /** What was found and up to where, in one transaction: nothing is counted twice, whatever ends in between. */
  async keep(unit: string, { run, judged, unsure, sightings }: Look): Promise<void> {
    await this.#database.transaction(async (connection) => {
      await connection.query(
        `INSERT INTO banyan.caller_watch (unit, run, judged, unsure, since, looked_at)
         VALUES (?, ?, ?, ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))
         ON DUPLICATE KEY UPDATE run = VALUES(run), judged = VALUES(judged), unsure = unsure + VALUES(unsure),
           looked_at = VALUES(looked_at)`,
        [unit, run, judged, unsure],
      );
      for (const { table, users, transactions, agoMs } of sightings) {
        const [[known]] = await connection.query<RowDataPacket[]>(
          'SELECT COUNT(*) AS sets FROM banyan.unseen_write WHERE unit = ? AND table_name = ? AND users <> ?',
          [unit, table, users.join(', ')],
        );
        const told = Number(known?.['sets']) < MOST_SETS ? users.join(', ') : '';
        await connection.query(
          `INSERT INTO banyan.unseen_write (unit, table_name, users, transactions, first_seen, last_seen)
           SELECT ?, ?, ?, ?, at, at FROM (SELECT UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND AS at) AS seen
           ON DUPLICATE KEY UPDATE transactions = transactions + VALUES(transactions),
             last_seen = GREATEST(last_seen, VALUES(last_seen))`,
          [unit, table, told.slice(0, 255), transactions, Math.round(agoMs * 1_000)],
        );
      }
    });
  }
}
