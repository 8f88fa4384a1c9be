import type { Pool, RowDataPacket } from '../../shared/index.ts';
import { ControlDatabase } from '../control/control-database.ts';
import type { Seat } from './seat.ts';

/** Who leads, as the control database says. */
export interface Leader extends Seat {
  /** Grows with every leader. */
  readonly term: number;
  /** Milliseconds until the lease ends, by the database's clock; 0 or less once it has. */
  readonly leftMs: number;
}

/** One row: who leads, by which term, until when. */
export const LEADER_TABLE = `CREATE TABLE IF NOT EXISTS banyan.leader (
  one TINYINT NOT NULL DEFAULT 1 PRIMARY KEY CHECK (one = 1),
  term BIGINT UNSIGNED NOT NULL DEFAULT 0,
  machine VARCHAR(190) NOT NULL DEFAULT '',
  address VARCHAR(190) NOT NULL DEFAULT '',
  expires_at DATETIME(3) NOT NULL DEFAULT '2000-01-01 00:00:00'
) ENGINE=InnoDB`;

export const LEADER_ROW = 'INSERT IGNORE INTO banyan.leader (one) VALUES (1)';

const FROM_NOW = 'UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND';

/** The lease of the leader in the control database. All times are those of the database's clock. */
export class LeaderLease {
  readonly #database: ControlDatabase;
  readonly #leaseMs: number;

  constructor(pool: Pool, leaseMs: number) {
    this.#database = new ControlDatabase(pool);
    this.#leaseMs = leaseMs;
  }

  async read(): Promise<Leader> {
    const [row] = await this.#database.query<RowDataPacket[]>(
      `SELECT *, TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(3), expires_at) DIV 1000 AS left_ms FROM banyan.leader`,
    );
    return {
      term: Number(row?.['term'] ?? 0),
      machine: String(row?.['machine'] ?? ''),
      address: String(row?.['address'] ?? ''),
      leftMs: Number(row?.['left_ms'] ?? 0),
    };
  }

  /**
   * Begins the term after `term`; undefined when somebody else was faster, or the lease of that term goes on. With
   * `isDead` the caller knows that the process of that term has ended, and its lease is not waited for.
   */
  async take(term: number, { machine, address }: Seat, isDead = false): Promise<number | undefined> {
    const changed = await this.#update(
      `term = term + 1, machine = ?, address = ?, expires_at = ${FROM_NOW}
       WHERE term = ? AND (? OR expires_at <= UTC_TIMESTAMP(3))`,
      [machine, address, this.#leaseMs * 1_000, term, isDead],
    );
    return changed ? term + 1 : undefined;
  }

  /** False when somebody else leads by now. A lease that has ended and that nobody took goes on. */
  renew(term: number): Promise<boolean> {
    return this.#update(`expires_at = ${FROM_NOW} WHERE term = ?`, [this.#leaseMs * 1_000, term]);
  }

  /** Ends a lease early, for the next one not to wait. */
  async release(term: number): Promise<void> {
    await this.#update('expires_at = UTC_TIMESTAMP(3) WHERE term = ?', [term]);
  }

  /** Waits for the transactions of the present leader that are under way: each holds the row until it has ended. */
  async #update(change: string, values: readonly unknown[]): Promise<boolean> {
    const result = await this.#database.claim(`UPDATE banyan.leader SET ${change}`, [...values]);
    return result.affectedRows === 1;
  }
}
