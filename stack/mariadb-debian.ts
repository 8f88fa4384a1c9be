import { join } from 'node:path';
import { aptInstall } from './apt.ts';
import { isRoot, which } from './command.ts';
import { withLock } from './lock.ts';
import { pathWay } from './mariadb-path.ts';
import type { MariaDbWay } from './mariadb-program.ts';

/** The distribution's own packages. Needs root; the service they bring is neither started nor used. */
export const debianWay: MariaDbWay = {
  name: 'debian',
  async obtain(cache) {
    const aptGet = await which('apt-get');
    if (aptGet === undefined) return { unavailable: 'this system has no apt-get' };
    if (!isRoot()) return { unavailable: 'installing packages needs root' };
    return withLock(join(cache, 'debian.lock'), 600_000, async () => {
      if ((await which('mariadbd')) === undefined) await aptInstall(aptGet, ['mariadb-server']);
      return pathWay.obtain(cache);
    });
  },
};
