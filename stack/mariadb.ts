import { openConnection } from '../shared/index.ts';
import { cacheFolder } from './cache.ts';
import { randomServerId, serverFlags } from './mariadb-flags.ts';
import { createLocalMariaDb, mariaDbSocket } from './mariadb-local.ts';
import type { MariaDbProgram, MariaDbWay } from './mariadb-program.ts';
import { templateFolder } from './mariadb-template.ts';
import { obtainMariaDb } from './obtain-mariadb.ts';
import { createDockerServer } from './docker-server.ts';
import type { ServerProcess } from './server-process.ts';

/** A private MariaDB on a free port of 127.0.0.1. It ends, with all its data, when this process ends in any way. */
export interface MariaDb {
  readonly port: number;
  /** The server's Unix socket; empty when it runs in a container. */
  readonly socket: string;
  readonly version: string;
  /** Defaults: `root` without a password, no schema. */
  url(user?: string, password?: string, schema?: string): string;
  /** Runs statements separated by `;` as root and answers the rows of the last. */
  sql<Row = Record<string, unknown>>(statements: string, schema?: string): Promise<Row[]>;
  /** Ends the server and removes its data. Calling it again does nothing. */
  stop(): Promise<void>;
  /** `kill -9`; the data stays for `start()`. */
  kill(): Promise<void>;
  /** Starts again on the same port and data. */
  start(): Promise<void>;
}

export interface MariaDbOptions {
  /** Random and unique by default. */
  readonly serverId?: number;
  /** More flags of mariadbd; they win over the defaults. */
  readonly flags?: readonly string[];
  /** Flush every commit to the disk, as production does; by default a commit survives `kill()` only. */
  readonly durable?: boolean;
  /** Where the program comes from, and with it the version; by default what `BANYAN_MARIADB` says, or the first that works. */
  readonly way?: MariaDbWay['name'];
}

/** Starts a private MariaDB, getting the program first where it is missing. Resolves when it answers a query. */
export async function startMariaDb(options: MariaDbOptions = {}): Promise<MariaDb> {
  const { serverId = randomServerId(), flags = [], durable = false, way } = options;
  const cache = await cacheFolder();
  const program = await obtainMariaDb(cache, way);
  const { server, socket } = await createServer(program, cache, serverFlags({ serverId, durable, extra: flags }));
  try {
    await server.launch();
  } catch (error) {
    await server.remove();
    throw error;
  }
  return describe(server, socket, program.version);
}

async function createServer(
  program: MariaDbProgram,
  cache: string,
  flags: readonly string[],
): Promise<{ server: ServerProcess; socket: string }> {
  if (program.kind === 'docker') return { server: await createDockerServer(program, flags), socket: '' };
  const server = await createLocalMariaDb(program, await templateFolder(program, cache), flags);
  return { server, socket: mariaDbSocket(server.folder) };
}

function describe(server: ServerProcess, socket: string, version: string): MariaDb {
  const url = (user = 'root', password = '', schema = ''): string => {
    const secret = password === '' ? '' : `:${encodeURIComponent(password)}`;
    return `mysql://${encodeURIComponent(user)}${secret}@127.0.0.1:${server.port}/${encodeURIComponent(schema)}`;
  };
  return {
    port: server.port,
    socket,
    version,
    url,
    sql: (statements, schema) => runSql(url('root', '', schema), statements),
    stop: () => server.remove(),
    kill: () => server.kill(),
    start: () => server.launch(),
  };
}

async function runSql<Row>(url: string, statements: string): Promise<Row[]> {
  const connection = await openConnection(url, { multipleStatements: true });
  try {
    const [result] = await connection.query(statements);
    return lastRows(result) as Row[];
  } finally {
    await connection.end();
  }
}

/** One statement answers its rows or a header; several answer a list of those. */
function lastRows(result: unknown): unknown[] {
  if (!Array.isArray(result)) return [];
  const isList = result.some((item) => Array.isArray(item) || isHeader(item));
  const last: unknown = isList ? result.at(-1) : result;
  return Array.isArray(last) ? last : [];
}

function isHeader(item: unknown): boolean {
  return typeof item === 'object' && item !== null && item.constructor.name === 'ResultSetHeader';
}
