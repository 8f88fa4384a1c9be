import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isExecutable, run, which } from './command.ts';

/** PostgreSQL's programs on this machine. */
export interface PostgresProgram {
  readonly version: string;
  /** The folder that holds `initdb`, `postgres` and `pg_isready`. */
  readonly bin: string;
}

/** What Unleash needs. */
export const MINIMUM_POSTGRES = 14;

/** Where distributions put the server, a folder for each major version, which is in nobody's PATH. */
const HOMES = ['/usr/lib/postgresql', '/usr/pgsql', '/opt/homebrew/opt', '/usr/local/opt'];

/** The newest usable PostgreSQL of this machine, or why there is none. */
export async function findPostgres(homes = HOMES): Promise<PostgresProgram | { readonly unavailable: string }> {
  const found = await Promise.all((await candidates(homes)).map(describe));
  const [newest] = found
    .filter((program) => program !== undefined)
    .toSorted((a, b) => majorOf(b.version) - majorOf(a.version));
  if (newest === undefined)
    return { unavailable: `initdb and postgres are neither in PATH nor in ${homes.join(', ')}` };
  if (majorOf(newest.version) >= MINIMUM_POSTGRES) return newest;
  return { unavailable: `${newest.bin} holds PostgreSQL ${newest.version}; ${MINIMUM_POSTGRES} or newer is needed` };
}

async function candidates(homes: readonly string[]): Promise<string[]> {
  const inPath = await which('postgres');
  const inHomes = await Promise.all(homes.map(binFoldersOf));
  return [...(inPath === undefined ? [] : [dirname(inPath)]), ...inHomes.flat()];
}

async function binFoldersOf(home: string): Promise<string[]> {
  const names = await readdir(home).catch(() => []);
  return names.filter((name) => /^(postgresql@)?\d+$/.test(name)).map((name) => join(home, name, 'bin'));
}

async function describe(bin: string): Promise<PostgresProgram | undefined> {
  const programs = ['initdb', 'postgres', 'pg_isready'].map((name) => isExecutable(join(bin, name)));
  if (!(await Promise.all(programs)).every(Boolean)) return undefined;
  return { bin, version: parsePostgresVersion(await run(join(bin, 'postgres'), ['--version'])) };
}

/** `15.14` out of what `postgres --version` prints. */
export function parsePostgresVersion(printed: string): string {
  return /\(PostgreSQL\) (\d+(\.\d+)*)/.exec(printed)?.[1] ?? '0';
}

function majorOf(version: string): number {
  return Number(version.split('.')[0]);
}
