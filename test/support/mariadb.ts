import { afterAll, beforeAll } from '@jest/globals';
import { openPool, quoteName, waitUntil, type Pool } from '../../shared/index.ts';
import { startMariaDb, type MariaDb, type MariaDbOptions } from '../../stack/index.ts';
import { childProcesses } from './processes.ts';

/** A schema of its own for one test. */
export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  /** Ended by the helper after the file's last test. */
  readonly pool: Pool;
  sql<Row = Record<string, unknown>>(statements: string): Promise<Row[]>;
}

export interface TestServer {
  /** The file's server; usable inside tests and hooks only. */
  readonly server: MariaDb;
  /** A new empty database, or one made by `statements`. */
  createDatabase(statements?: string): Promise<TestDatabase>;
}

/**
 * Starts one MariaDB for the test file that calls this at its top level, and fails the file when its tests leave a
 * connection or a child process behind: whoever opened it forgot to close it.
 */
export function useMariaDb(options: MariaDbOptions = {}): TestServer {
  let server: MariaDb | undefined;
  const pools: Pool[] = [];
  let before: readonly number[] = [];
  beforeAll(async () => {
    before = await childProcesses();
    server = await startMariaDb(options);
  });
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    try {
      if (server !== undefined) await expectNoConnections(server);
    } finally {
      await server?.stop();
    }
    await expectNoChildren(before);
  });
  const running = (): MariaDb => {
    if (server === undefined) throw new Error('the MariaDB of this file runs only inside its tests and hooks');
    return server;
  };
  return {
    get server() {
      return running();
    },
    createDatabase: async (statements) => {
      const database = await createDatabase(running(), `test_${pools.length + 1}`);
      pools.push(database.pool);
      if (statements !== undefined) await database.sql(statements);
      return database;
    },
  };
}

async function createDatabase(server: MariaDb, name: string): Promise<TestDatabase> {
  await server.sql(`CREATE DATABASE ${quoteName(name)}`);
  const url = server.url('root', '', name);
  return { name, url, pool: openPool(url), sql: (statements) => server.sql(statements, name) };
}

/** Fails with what the connections are doing when any but the check's own is still there after `budgetMs`. */
export async function expectNoConnections(server: MariaDb, budgetMs = 20_000): Promise<void> {
  let open: string[] = [];
  const none = async (): Promise<boolean> => {
    open = await openConnections(server);
    return open.length === 0;
  };
  if (await waitUntil(none, { budgetMs, everyMs: 50 })) return;
  throw new Error(`${open.length} connections were left open:\n${open.join('\n')}`);
}

/** Fails when this process has a child that is not in `before` and does not end within `budgetMs`. */
export async function expectNoChildren(before: readonly number[], budgetMs = 20_000): Promise<void> {
  let left: number[] = [];
  const none = async (): Promise<boolean> => {
    left = (await childProcesses()).filter((pid) => !before.includes(pid));
    return left.length === 0;
  };
  if (await waitUntil(none, { budgetMs, everyMs: 50 })) return;
  throw new Error(`${left.length} child processes were left running: ${left.join(', ')}`);
}

async function openConnections(server: MariaDb): Promise<string[]> {
  const rows = await server.sql<{ id: string; user: string; command: string; db: string | null }>(
    `SELECT id, user, command, db FROM information_schema.processlist
     WHERE id <> connection_id() AND user NOT IN ('system user', 'event_scheduler')`,
  );
  return rows.map((row) => `${row.id} ${row.user} ${row.db ?? '-'} ${row.command}`);
}
