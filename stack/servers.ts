import { isBanyanError } from '../shared/index.ts';
import { startConnect } from './connect.ts';
import { stackErrors } from './errors.ts';
import { startKafka } from './kafka.ts';
import { startMariaDb } from './mariadb.ts';
import { startPostgres } from './postgres.ts';
import { startUnleash } from './unleash.ts';

/** A started server as `banyan stack up` shows it: how to reach it, and how to end it. */
export interface RunningServer {
  readonly name: string;
  readonly version: string;
  readonly url: string;
  /** What else is needed to use it, such as its tokens. */
  readonly access?: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** One kind of server the stack can start. */
export interface StackServer {
  readonly help: string;
  /** Names of servers that must run before it; they are started with it. */
  readonly needs?: readonly string[];
  /** `urls` holds what it needs, by name. */
  start(urls: Readonly<Record<string, string>>): Promise<RunningServer>;
}

export interface StartedStack {
  readonly running: readonly RunningServer[];
  /** Servers left out because their programs are not on this machine; only when all were asked for. */
  readonly missing: readonly { readonly name: string; readonly reason: string; readonly fix: string }[];
  /** Ends all, those that need others first. */
  stop(): Promise<void>;
}

type Servers = Readonly<Record<string, StackServer>>;

/** Every server of the local stack by its name; a new kind joins by one entry, after what it needs. */
export const stackServers: Servers = {
  mariadb: {
    help: 'MariaDB with a complete row log, root without a password on 127.0.0.1',
    start: async () => {
      const server = await startMariaDb();
      return { name: 'mariadb', version: server.version, url: server.url(), stop: () => server.stop() };
    },
  },
  kafka: {
    help: 'Apache Kafka, one node',
    start: async () => {
      const server = await startKafka();
      return { name: 'kafka', version: server.version, url: server.bootstrap, stop: () => server.stop() };
    },
  },
  debezium: {
    help: 'Kafka Connect with the Debezium connectors for MariaDB, MySQL and JDBC',
    needs: ['kafka'],
    start: async ({ kafka = '' }) => {
      const server = await startConnect({ bootstrap: kafka });
      return { name: 'debezium', version: server.version, url: server.url, stop: () => server.stop() };
    },
  },
  postgres: {
    help: 'PostgreSQL for Unleash, postgres without a password on 127.0.0.1',
    start: async () => {
      const server = await startPostgres();
      return { name: 'postgres', version: server.version, url: server.url, stop: () => server.stop() };
    },
  },
  unleash: {
    help: 'Unleash, the open-source flag server',
    needs: ['postgres'],
    start: async ({ postgres = '' }) => {
      const server = await startUnleash({ database: postgres });
      const { adminToken, tokens, version, url } = server;
      const access = { UNLEASH_URL: url, UNLEASH_API_TOKEN: tokens.development, UNLEASH_ADMIN_TOKEN: adminToken };
      return { name: 'unleash', version, url, access, stop: () => server.stop() };
    },
  },
};

/**
 * Starts the named servers and what they need. When one fails the others are ended before the error is thrown. Without
 * names it starts all, and leaves out those whose programs are missing.
 */
export async function startStack(
  names: readonly string[] = [],
  servers: Servers = stackServers,
): Promise<StartedStack> {
  const chosen = withNeeds(names.length > 0 ? names : Object.keys(servers), servers);
  const starts = startAll(chosen, servers);
  const outcomes = await Promise.allSettled(starts.values());
  const running = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const stop = async (): Promise<void> => {
    for (const server of running.toReversed()) await server.stop();
  };
  const failures = chosen.flatMap((name, index) => {
    const outcome = outcomes[index];
    return outcome?.status === 'rejected' ? [{ name, error: outcome.reason as unknown }] : [];
  });
  const fatal = failures.find(({ error }) => names.length > 0 || !isMissingProgram(error));
  if (fatal === undefined) return { running, missing: failures.map(describeMissing), stop };
  await stop();
  throw fatal.error;
}

/** The names with all that they need, each once, in the order of the registry's needs. */
function withNeeds(names: readonly string[], servers: Servers): string[] {
  const all = names.flatMap((name) => [...withNeeds(findServer(name, servers).needs ?? [], servers), name]);
  return [...new Set(all)];
}

/** Everything at once, but nothing before what it needs. */
function startAll(names: readonly string[], servers: Servers): Map<string, Promise<RunningServer>> {
  const starts = new Map<string, Promise<RunningServer>>();
  for (const name of names) starts.set(name, startAfterNeeds(findServer(name, servers), starts));
  return starts;
}

async function startAfterNeeds(
  server: StackServer,
  starts: ReadonlyMap<string, Promise<RunningServer>>,
): Promise<RunningServer> {
  const urls: Record<string, string> = {};
  for (const need of server.needs ?? []) urls[need] = (await starts.get(need))?.url ?? '';
  return server.start(urls);
}

function isMissingProgram(error: unknown): boolean {
  return isBanyanError(error) && error.code === 'STACK_PROGRAM_MISSING';
}

function describeMissing({ name, error }: { name: string; error: unknown }): StartedStack['missing'][number] {
  const { message, fix } = error as { message: string; fix: string };
  return { name, reason: message, fix };
}

function findServer(name: string, servers: Servers): StackServer {
  const server = Object.hasOwn(servers, name) ? servers[name] : undefined;
  if (server !== undefined) return server;
  const known = Object.keys(servers).join(', ');
  throw stackErrors.error('STACK_SERVER_UNKNOWN', { message: `The stack has no server "${name}"; it has: ${known}.` });
}
