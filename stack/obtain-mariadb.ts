import { stackErrors } from './errors.ts';
import { installFix } from './install-fix.ts';
import { debianWay } from './mariadb-debian.ts';
import { dockerWay } from './mariadb-docker.ts';
import { mavenWay } from './mariadb-maven.ts';
import { pathWay } from './mariadb-path.ts';
import type { MariaDbProgram, MariaDbWay } from './mariadb-program.ts';

/** In the order they are tried: what is here, then what costs least. */
export const mariaDbWays: readonly MariaDbWay[] = [pathWay, debianWay, mavenWay, dockerWay];

const found = new Map<string, Promise<MariaDbProgram>>();

/** MariaDB by the way `BANYAN_MARIADB` names, or by the first that works. Looked up once per process. */
export function obtainMariaDb(cache: string, wanted = process.env['BANYAN_MARIADB'] ?? ''): Promise<MariaDbProgram> {
  const key = `${cache}\n${wanted}`;
  const known = found.get(key) ?? firstThatWorks(waysFor(wanted), cache);
  found.set(key, known);
  known.catch(() => found.delete(key));
  return known;
}

/** The ways to try: all of them, or the one asked for. */
export function waysFor(wanted: string, ways: readonly MariaDbWay[] = mariaDbWays): readonly MariaDbWay[] {
  if (wanted === '') return ways;
  const chosen = ways.filter((way) => way.name === wanted);
  if (chosen.length > 0) return chosen;
  const names = ways.map((way) => way.name).join(', ');
  throw stackErrors.error('STACK_WAY_UNKNOWN', { message: `BANYAN_MARIADB is "${wanted}"; expected one of ${names}.` });
}

/** Tries the ways in turn; when none works the error says for each why not, and what to run. */
export async function firstThatWorks(ways: readonly MariaDbWay[], cache: string): Promise<MariaDbProgram> {
  const reasons: string[] = [];
  for (const way of ways) {
    const outcome = await way.obtain(cache).catch((error: Error) => ({ unavailable: error.message }));
    if (!('unavailable' in outcome)) return outcome;
    reasons.push(`${way.name}: ${outcome.unavailable}`);
  }
  throw stackErrors.error('STACK_PROGRAM_MISSING', {
    message: `MariaDB was not found and could not be got.\n${reasons.join('\n')}`,
    fix: await installFix(INSTALLERS, OTHERWISE),
  });
}

const INSTALLERS: Readonly<Record<string, string>> = {
  'apt-get': 'sudo apt-get install -y --no-install-recommends mariadb-server',
  dnf: 'sudo dnf install -y mariadb-server',
  brew: 'brew install mariadb',
};
const OTHERWISE = 'install MariaDB 10.11 or newer so that mariadbd is in PATH, or start a Docker engine';
