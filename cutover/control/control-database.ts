import {
  messageOf,
  type Pool,
  type PoolConnection,
  type ResultSetHeader,
  type RowDataPacket,
} from '../../shared/index.ts';
import { cutoverErrors } from '../errors.ts';
import { assertTerm, type Term } from '../leader/term-fence.ts';

/**
 * What every session here asks for: a process that was stopped inside a transaction must not keep its locks, and with them
 * the next leader from leading. MySQL has no such limit and reads a comment in its place.
 */
const SESSION = 'SET SESSION innodb_lock_wait_timeout = 10 /*M! , SESSION idle_transaction_timeout = 5 */';

/** Connections that were asked already. */
const prepared = new WeakSet<object>();

/**
 * Connections to the control database. Everything throws CONTROL_UNREACHABLE while it does not answer. With a term every
 * change throws LEADER_DEPOSED, and is not made, once somebody else leads.
 */
export class ControlDatabase {
  readonly #pool: Pool;
  readonly #term: Term | undefined;

  constructor(pool: Pool, term?: Term) {
    this.#pool = pool;
    this.#term = term;
  }

  async query<T extends RowDataPacket[]>(sql: string, values: unknown[] = []): Promise<T> {
    return this.#with(async (connection) => (await connection.query<T>(sql, values))[0]);
  }

  async change(sql: string, values: unknown[] = []): Promise<ResultSetHeader> {
    return this.transaction(async (connection) => (await connection.query<ResultSetHeader>(sql, values))[0]);
  }

  /** A change by which somebody becomes the leader, or stays it: of no term yet. */
  async claim(sql: string, values: unknown[] = []): Promise<ResultSetHeader> {
    return this.#with(async (connection) => (await connection.query<ResultSetHeader>(sql, values))[0]);
  }

  async transaction<T>(work: (connection: PoolConnection) => Promise<T>): Promise<T> {
    const term = this.#term;
    return this.#with((connection) =>
      within(connection, 'START TRANSACTION', async () => {
        if (term) await assertTerm(connection, term);
        return work(connection);
      }),
    );
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
      return await prepare(await this.#pool.getConnection());
    } catch (error) {
      const message = `the control database does not answer: ${messageOf(error)}`;
      throw cutoverErrors.error('CONTROL_UNREACHABLE', { message, cause: error });
    }
  }
}

async function prepare(connection: PoolConnection): Promise<PoolConnection> {
  if (prepared.has(connection.connection)) return connection;
  await connection.query(SESSION);
  prepared.add(connection.connection);
  return connection;
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
