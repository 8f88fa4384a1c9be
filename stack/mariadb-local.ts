import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isRoot } from './command.ts';
import { createLocalServer, type LocalRecipe, type LocalServer } from './local-server.ts';
import type { LocalMariaDb } from './mariadb-program.ts';
import { awaitAnswer } from './ready.ts';

/** mariadbd over its own copy of the template. */
export function createLocalMariaDb(
  program: LocalMariaDb,
  template: string,
  flags: readonly string[],
): Promise<LocalServer> {
  return createLocalServer('mariadb', mariaDbRecipe(program, template, flags));
}

function mariaDbRecipe(program: LocalMariaDb, template: string, flags: readonly string[]): LocalRecipe {
  return {
    title: program.mariadbd,
    async prepare(folder) {
      await mkdir(join(folder, 'data'));
      await cp(template, join(folder, 'data'), { recursive: true });
    },
    command: async (folder, port) => ({
      program: program.mariadbd,
      args: mariadbdArguments(program, folder, port, flags),
    }),
    answers: (folder, _port, signal) => awaitAnswer(socketUrl(mariaDbSocket(folder)), 60_000, signal),
  };
}

/** The Unix socket of the server that lives in `folder`. */
export function mariaDbSocket(folder: string): string {
  return join(folder, 's.sock');
}

function mariadbdArguments(program: LocalMariaDb, folder: string, port: number, flags: readonly string[]): string[] {
  return [
    '--no-defaults',
    ...(isRoot() ? ['--user=root'] : []),
    ...(program.basedir === undefined ? [] : [`--basedir=${program.basedir}`]),
    `--datadir=${join(folder, 'data')}`,
    `--tmpdir=${folder}`,
    `--socket=${mariaDbSocket(folder)}`,
    `--pid-file=${join(folder, 'pid')}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    ...flags,
  ];
}

function socketUrl(socket: string): string {
  return `mysql://root@localhost/?socketPath=${encodeURIComponent(socket)}`;
}
