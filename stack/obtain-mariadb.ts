import { stackErrors } from './errors.ts';
import { debianWay } from './mariadb-debian.ts';
import { dockerWay } from './mariadb-docker.ts';
import { mavenWay } from './mariadb-maven.ts';
import { pathWay } from './mariadb-path.ts';
import type { MariaDbProgram, MariaDbWay } from './mariadb-program.ts';
import { firstThatWorks, type Wanted } from './way.ts';

/** In the order they are tried: what is here, then what costs least. */
export const mariaDbWays: readonly MariaDbWay[] = [pathWay, debianWay, mavenWay, dockerWay];

const found = new Map<string, Promise<MariaDbProgram>>();

/** MariaDB by the way `BANYAN_MARIADB` names, or by the first that works. Looked up once per process. */
export function obtainMariaDb(cache: string, wanted = process.env['BANYAN_MARIADB'] ?? ''): Promise<MariaDbProgram> {
  const key = `${cache}\n${wanted}`;
  const known = found.get(key) ?? firstThatWorks(waysFor(wanted), cache, WANTED);
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

const WANTED: Wanted = {
  title: 'MariaDB',
  installers: {
    'apt-get': 'sudo apt-get install -y --no-install-recommends mariadb-server',
    dnf: 'sudo dnf install -y mariadb-server',
    brew: 'brew install mariadb',
  },
  otherwise: 'install MariaDB 10.11 or newer so that mariadbd is in PATH, or start a Docker engine',
};
