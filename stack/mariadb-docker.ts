import { run, which } from './command.ts';
import type { MariaDbWay } from './mariadb-program.ts';

const VERSION = '10.11';

/** The official image, when a Docker engine answers. */
export const dockerWay: MariaDbWay = {
  name: 'docker',
  async obtain() {
    const docker = await which('docker');
    if (docker === undefined) return { unavailable: 'docker is not in PATH' };
    try {
      await run(docker, ['version', '--format', '{{.Server.Version}}'], { timeoutMs: 10_000 });
    } catch {
      return { unavailable: 'no Docker engine answers' };
    }
    return { kind: 'docker', version: `${VERSION}-MariaDB`, docker, image: `mariadb:${VERSION}` };
  },
};
