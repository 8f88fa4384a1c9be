import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { aptInstall } from './apt.ts';
import { isRoot, which } from './command.ts';
import { withLock } from './lock.ts';
import { findPostgres, MINIMUM_POSTGRES, type PostgresProgram } from './postgres-program.ts';
import { firstThatWorks, type Wanted, type Way } from './way.ts';

const pathWay: Way<PostgresProgram> = { name: 'path', obtain: () => findPostgres() };

/** The distribution's own packages. Needs root; no cluster is made and no service started. */
const debianWay: Way<PostgresProgram> = {
  name: 'debian',
  async obtain(cache) {
    const aptGet = await which('apt-get');
    if (aptGet === undefined) return { unavailable: 'this system has no apt-get' };
    if (!isRoot()) return { unavailable: 'installing packages needs root' };
    return withLock(join(cache, 'debian.lock'), 600_000, async () => {
      const found = await findPostgres();
      if ('unavailable' in found) await withoutCluster(() => aptInstall(aptGet, ['postgresql']));
      return findPostgres();
    });
  },
};

const NO_CLUSTER = '/etc/postgresql-common/createcluster.d/banyan.conf';

/** Debian's package makes a cluster and starts it, unless it is told not to while it is being installed. */
async function withoutCluster(install: () => Promise<void>): Promise<void> {
  await mkdir(dirname(NO_CLUSTER), { recursive: true });
  await writeFile(NO_CLUSTER, 'create_main_cluster = false\n');
  try {
    await install();
  } finally {
    await rm(NO_CLUSTER, { force: true });
  }
}

const WANTED: Wanted = {
  title: 'PostgreSQL',
  installers: {
    'apt-get': 'sudo apt-get install -y --no-install-recommends postgresql',
    dnf: 'sudo dnf install -y postgresql-server',
    brew: 'brew install postgresql@17',
  },
  otherwise: `install PostgreSQL ${MINIMUM_POSTGRES} or newer so that initdb and postgres are in PATH`,
};

/** PostgreSQL as it is here, or out of Debian's packages. */
export function obtainPostgres(cache: string): Promise<PostgresProgram> {
  return firstThatWorks([pathWay, debianWay], cache, WANTED);
}
