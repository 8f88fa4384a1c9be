import { join } from 'node:path';
import { isRoot, run, which } from './command.ts';
import { withLock } from './lock.ts';
import { pathWay } from './mariadb-path.ts';
import type { MariaDbWay } from './mariadb-program.ts';

const LOCK_WAIT = ['-o', 'DPkg::Lock::Timeout=300'];
const QUIET = { DEBIAN_FRONTEND: 'noninteractive' };

/** The distribution's own packages. Needs root; the service they bring is neither started nor used. */
export const debianWay: MariaDbWay = {
  name: 'debian',
  async obtain(cache) {
    const aptGet = await which('apt-get');
    if (aptGet === undefined) return { unavailable: 'this system has no apt-get' };
    if (!isRoot()) return { unavailable: 'installing packages needs root' };
    return withLock(join(cache, 'debian.lock'), 600_000, async () => {
      if ((await which('mariadbd')) === undefined) await install(aptGet);
      return pathWay.obtain(cache);
    });
  },
};

async function install(aptGet: string): Promise<void> {
  await run(aptGet, [...LOCK_WAIT, 'update', '-qq'], { env: QUIET });
  await run(aptGet, [...LOCK_WAIT, 'install', '-y', '-qq', '--no-install-recommends', 'mariadb-server'], {
    env: QUIET,
  });
}
