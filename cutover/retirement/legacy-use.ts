import type { Pool, RowDataPacket } from '../../shared/index.ts';
import { ControlDatabase, isoOf } from '../control/control-database.ts';
import type { Term } from '../leader/term-fence.ts';

export const legacyUseTables = [
  `CREATE TABLE IF NOT EXISTS banyan.legacy_use (
    unit VARCHAR(64) NOT NULL,
    route VARCHAR(190) NOT NULL,
    edge VARCHAR(190) NOT NULL,
    counted BIGINT UNSIGNED NOT NULL,
    requests BIGINT UNSIGNED NOT NULL,
    last_seen DATETIME(3) NOT NULL,
    PRIMARY KEY (unit, route, edge)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS banyan.legacy_use_watch (
    unit VARCHAR(64) NOT NULL PRIMARY KEY,
    since DATETIME(3) NOT NULL,
    looked_at DATETIME(3) NOT NULL
  ) ENGINE=InnoDB`,
];

/** A route of the unit that an edge sent to legacy although the service owns the rows. */
export interface UsedRoute {
  /** Method and template. */
  readonly route: string;
  readonly requests: number;
  /** ISO 8601, UTC. */
  readonly lastSeen: string;
}

/** What the edges still asked legacy for, since when that is watched, and when it was looked at last. */
export interface LegacyUse {
  readonly routes: readonly UsedRoute[];
  readonly since?: string;
  readonly lookedAt?: string;
}

/** What an edge has counted on a route since it was started. */
export interface CountedRoute {
  readonly edge: string;
  readonly route: string;
  readonly counted: number;
}

/** Uses of legacy, in the control database. The counts of each edge are kept, so that none is lost while control is down. */
export class LegacyUseStore {
  readonly #database: ControlDatabase;

  constructor(pool: Pool, term?: Term) {
    this.#database = new ControlDatabase(pool, term);
  }

  async read(unit: string): Promise<LegacyUse> {
    const rows = await this.#database.query<RowDataPacket[]>(
      `SELECT route, SUM(requests) AS requests, ${isoOf('MAX(last_seen)')} AS last_seen FROM banyan.legacy_use
       WHERE unit = ? AND requests > 0 GROUP BY route ORDER BY route`,
      [unit],
    );
    const [watch] = await this.#database.query<RowDataPacket[]>(
      `SELECT ${isoOf('since')} AS since, ${isoOf('looked_at')} AS looked_at FROM banyan.legacy_use_watch WHERE unit = ?`,
      [unit],
    );
    const routes = rows.map((row) => ({
      route: String(row['route']),
      requests: Number(row['requests']),
      lastSeen: String(row['last_seen']),
    }));
    return { routes, ...(watch && { since: String(watch['since']), lookedAt: String(watch['looked_at']) }) };
  }

  /** An edge that counts less than before was started anew: all it counts is new. What was counted before the first look at a unit is not. */
  async keep(unit: string, counts: readonly CountedRoute[]): Promise<void> {
    await this.#database.transaction(async (connection) => {
      const [[watch]] = await connection.query<RowDataPacket[]>(
        'SELECT COUNT(*) AS looks FROM banyan.legacy_use_watch WHERE unit = ?',
        [unit],
      );
      const isFirst = Number(watch?.['looks']) === 0;
      for (const { edge, route, counted } of counts)
        await connection.query(
          `INSERT INTO banyan.legacy_use (unit, route, edge, counted, requests, last_seen)
           VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(3))
           ON DUPLICATE KEY UPDATE
             last_seen = IF(VALUES(counted) <> counted, UTC_TIMESTAMP(3), last_seen),
             requests = requests + VALUES(counted) - IF(VALUES(counted) < counted, 0, counted),
             counted = VALUES(counted)`,
          [unit, route, edge, counted, isFirst ? 0 : counted],
        );
      await connection.query(
        `INSERT INTO banyan.legacy_use_watch (unit, since, looked_at) VALUES (?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))
         ON DUPLICATE KEY UPDATE looked_at = VALUES(looked_at)`,
        [unit],
      );
    });
  }

  /** The service does not own the rows any more, or nothing of legacy is left. */
  async forget(unit: string): Promise<void> {
    await this.#database.change('DELETE FROM banyan.legacy_use WHERE unit = ?', [unit]);
    await this.#database.change('DELETE FROM banyan.legacy_use_watch WHERE unit = ?', [unit]);
  }
}
