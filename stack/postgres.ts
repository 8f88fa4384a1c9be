import { join } from 'node:path';
import { waitUntil } from '../shared/index.ts';
import { cacheFolder } from './cache.ts';
import { run } from './command.ts';
import { createLocalServer, type LocalRecipe, type LocalServer } from './local-server.ts';
import { obtainPostgres } from './postgres-ways.ts';
import type { PostgresProgram } from './postgres-program.ts';
import { awaitSuccess } from './ready.ts';
import { handOver, unprivilegedUser, type SystemUser } from './unprivileged.ts';

/** A private PostgreSQL on a free port of 127.0.0.1; it ends, with its data, with this process. */
export interface Postgres {
  readonly port: number;
  readonly version: string;
  /** As `postgres`, without a password. */
  readonly url: string;
  /** Holds its data and its log until `stop()`. */
  readonly folder: string;
  /** Ends the server and removes its data. Calling it again does nothing. */
  stop(): Promise<void>;
  /** `kill -9`; what was committed stays for `start()`. */
  kill(): Promise<void>;
  /** Starts again on the same port and data. */
  start(): Promise<void>;
  /** Freezes the server's main process: nobody can connect until `resume()`. */
  pause(): void;
  resume(): void;
}

/** Starts a private PostgreSQL, installing it first where it is missing and that is possible. */
export async function startPostgres(): Promise<Postgres> {
  const program = await obtainPostgres(await cacheFolder());
  const server = await createLocalServer('postgres', recipe(program, await unprivilegedUser()));
  try {
    await server.launch();
  } catch (error) {
    await server.remove();
    throw error;
  }
  return {
    port: server.port,
    version: program.version,
    folder: server.folder,
    url: `postgres://postgres@127.0.0.1:${server.port}/postgres`,
    stop: () => server.remove(),
    kill: () => server.kill(),
    start: () => startAgain(server),
    pause: () => server.pause(),
    resume: () => server.resume(),
  };
}

/** A commit survives `kill()` but not a power cut; the socket is a TCP port alone. */
const SETTINGS = [
  'fsync=off',
  'full_page_writes=off',
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'shared_buffers=32MB',
  'max_connections=60',
  'timezone=UTC',
];

function recipe({ bin }: PostgresProgram, user: SystemUser | undefined): LocalRecipe {
  const data = (folder: string): string => join(folder, 'data');
  return {
    title: 'PostgreSQL',
    async prepare(folder) {
      await handOver(folder, user);
      const flags = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
      await run(join(bin, 'initdb'), [...flags, '--wal-segsize=1', '-D', data(folder)], { cwd: folder, user });
    },
    command: async (folder, port) => ({
      program: join(bin, 'postgres'),
      args: ['-D', data(folder), '-p', String(port), ...SETTINGS.flatMap((setting) => ['-c', setting])],
      user,
    }),
    answers: (_folder, port, signal) => awaitSuccess(() => ask(bin, port), { budgetMs: 60_000, everyMs: 30, signal }),
  };
}

async function ask(bin: string, port: number): Promise<void> {
  await run(join(bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port), '-U', 'postgres']);
}

/** Children of a killed server end a moment after it, and until then it refuses to start over the same data. */
async function startAgain(server: LocalServer): Promise<void> {
  let refusal: unknown;
  const started = await waitUntil(
    () =>
      server.launch().then(
        () => true,
        (error: unknown) => {
          refusal = error;
          return false;
        },
      ),
    { budgetMs: 10_000, everyMs: 100 },
  );
  if (!started) throw refusal;
}
