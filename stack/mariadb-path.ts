import { run, which } from './command.ts';
import type { LocalMariaDb, MariaDbWay } from './mariadb-program.ts';

/** MariaDB as installed on this machine. */
export const pathWay: MariaDbWay = {
  name: 'path',
  async obtain() {
    const mariadbd = await which('mariadbd');
    const installDb = await which('mariadb-install-db');
    if (mariadbd === undefined || installDb === undefined)
      return { unavailable: 'mariadbd and mariadb-install-db are not in PATH' };
    return describeLocal({ mariadbd, installDb });
  },
};

/** Completes a local program with the version the server itself names. */
export async function describeLocal(
  program: Pick<LocalMariaDb, 'mariadbd' | 'installDb' | 'basedir'>,
): Promise<LocalMariaDb> {
  const version = parseVersion(await run(program.mariadbd, ['--no-defaults', '--version']));
  return { kind: 'local', version, ...program };
}

/** `10.11.19-MariaDB` out of what `mariadbd --version` prints. */
export function parseVersion(printed: string): string {
  return /\bVer (\d+\.\d+\.\d+-MariaDB)/.exec(printed)?.[1] ?? 'unknown';
}
