import { stackErrors } from './errors.ts';
import { startMariaDb } from './mariadb.ts';

/** A started server as `banyan stack up` shows it: how to reach it, and how to end it. */
export interface RunningServer {
  readonly name: string;
  readonly version: string;
  readonly url: string;
  stop(): Promise<void>;
}

/** One kind of server the stack can start. */
export interface StackServer {
  readonly help: string;
  start(): Promise<RunningServer>;
}

/** Every server of the local stack by its name; a new kind joins by one entry. */
export const stackServers: Readonly<Record<string, StackServer>> = {
  mariadb: {
    help: 'MariaDB with a complete row log, root without a password on 127.0.0.1',
    start: async () => {
      const server = await startMariaDb();
      return { name: 'mariadb', version: server.version, url: server.url(), stop: () => server.stop() };
    },
  },
};

/** Starts the named servers, all of them by default; when one fails the others are ended before the error is thrown. */
export async function startStack(
  names: readonly string[] = [],
  servers: Readonly<Record<string, StackServer>> = stackServers,
): Promise<RunningServer[]> {
  const chosen = (names.length > 0 ? names : Object.keys(servers)).map((name) => findServer(name, servers));
  const outcomes = await Promise.allSettled(chosen.map((server) => server.start()));
  const running = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed === undefined) return running;
  await Promise.all(running.map((server) => server.stop()));
  throw failed.reason;
}

function findServer(name: string, servers: Readonly<Record<string, StackServer>>): StackServer {
  const server = Object.hasOwn(servers, name) ? servers[name] : undefined;
  if (server !== undefined) return server;
  const known = Object.keys(servers).join(', ');
  throw stackErrors.error('STACK_SERVER_UNKNOWN', { message: `The stack has no server "${name}"; it has: ${known}.` });
}
