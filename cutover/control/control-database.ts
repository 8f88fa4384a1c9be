import {
  messageOf,
  type Pool,
  type PoolConnection,
  type ResultSetHeader,
  type RowDataPacket,
} from '../../shared/index.ts';
import { cutoverErrors } from '../errors.ts';

/** Connections to the control database. Everything throws CONTROL_UNREACHABLE while it does not answer. */
export class ControlDatabase {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async query<T extends RowDataPacket[] | ResultSetHeader>(sql: string, values: unknown[] = []): Promise<T> {
    return this.#with(async (connection) => (await connection.query<T>(sql, values))[0]);
  }

  async transaction<T>(work: (connection: PoolConnection) => Promise<T>): Promise<T> {
    return this.#with((connection) => within(connection, 'START TRANSACTION', work));
  }

  /** What is read in it is of one moment. */
  async view<T>(work: (connection: PoolConnection) => Promise<T>): Promise<T> {
    return this.#with((connection) =>
      within(connection, 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY', work),
    );
  }

  async #with<T>(work: (connection: PoolConnection) => Promise<T>): Promise<T> {
    const connection = await this.#connection();
    try {
      return await work(connection);
    } finally {
      connection.release();
    }
  }

  async #connection(): Promise<PoolConnection> {
    try {
      return await this.#pool.getConnection();
    } catch (error) {
      const message = `the control database does not answer: ${messageOf(error)}`;
      throw cutoverErrors.error('CONTROL_UNREACHABLE', { message, cause: error });
    }
  }
}

async function within<T>(
  connection: PoolConnection,
  begin: string,
  work: (connection: PoolConnection) => Promise<T>,
): Promise<T> {
  await connection.query(begin);
  try {
    const result = await work(connection);
    await connection.commit();
    return result;
  } catch (error) {
    await connection.rollback().catch(() => undefined); // A connection that is lost says so in the first error.
    throw error;
  }
}

/** A DATETIME column, which is UTC here, as ISO 8601. */
export function isoOf(column: string): string {
  return `DATE_FORMAT(${column}, '%Y-%m-%dT%H:%i:%s.%fZ')`;
}

/** A JSON column as the server gives it: text from MariaDB and, as we connect, from MySQL. */
export function parseJson(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : value;
}
