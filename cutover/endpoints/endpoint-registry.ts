import { messageOf, type Pool, type RowDataPacket } from '../../shared/index.ts';
import { cutoverErrors } from '../errors.ts';

/** One endpoint as it registered itself. */
export interface RegisteredEndpoint {
  readonly target: string;
  readonly url: string;
  readonly weight: number;
}

/**
 * Who has registered as an endpoint, in the control database: a control process that starts knows them at once. A lease
 * ends by the database's clock, so that no two processes can disagree about it.
 */
export class EndpointRegistry {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async renew({ target, url, weight }: RegisteredEndpoint, leaseMs: number): Promise<void> {
    const sql = `INSERT INTO banyan.endpoint (target, url, weight, registered_at, expires_at)
                 VALUES (?, ?, ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND)
                 ON DUPLICATE KEY UPDATE weight = VALUES(weight), expires_at = VALUES(expires_at)`;
    await this.#asking(() => this.#pool.query(sql, [target, url, weight, leaseMs * 1000]));
  }

  async leave(target: string, url: string): Promise<void> {
    const sql = 'DELETE FROM banyan.endpoint WHERE target = ? AND url = ?';
    await this.#asking(() => this.#pool.query(sql, [target, url]));
  }

  /** Those whose lease has not ended, in a stable order. */
  async live(): Promise<RegisteredEndpoint[]> {
    const sql = 'SELECT target, url, weight FROM banyan.endpoint WHERE expires_at > UTC_TIMESTAMP(3) ORDER BY 1, 2';
    const [rows] = await this.#asking(() => this.#pool.query<RowDataPacket[]>(sql));
    return rows.map((row) => ({
      target: String(row['target']),
      url: String(row['url']),
      weight: Number(row['weight']),
    }));
  }

  /** Removes those whose lease ended long ago. */
  async forgetExpired(): Promise<void> {
    const sql = 'DELETE FROM banyan.endpoint WHERE expires_at < UTC_TIMESTAMP(3) - INTERVAL 1 HOUR';
    await this.#asking(() => this.#pool.query(sql));
  }

  async #asking<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      const message = `the control database does not answer: ${messageOf(error)}`;
      throw cutoverErrors.error('CONTROL_UNREACHABLE', { message, cause: error });
    }
  }
}
