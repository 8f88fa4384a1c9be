import { execFile } from 'node:child_process';
import { chmod, chown, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cacheFolder } from './cache.ts';
import { isRoot } from './command.ts';
import { mavenWay } from './mariadb-maven.ts';

const NOBODY = 65534;
const DOOR = new URL('index.ts', import.meta.url).href;
const SOURCE = `const { startMariaDb } = await import('${DOOR}');
  const server = await startMariaDb();
  const [row] = await server.sql("CREATE DATABASE a; SELECT @@version AS version, '🚕' AS text");
  console.log(JSON.stringify({ ...row, uid: process.getuid() }));
  await server.stop();`;

let home = '';

const cache = await cacheFolder();
const program = await mavenWay.obtain(cache);
/** Without Maven and with nothing cached there is nothing to prove; in CI a skipped suite is a failure. */
const here = 'unavailable' in program ? describe.skip : describe;

beforeAll(async () => {
  if ('unavailable' in program) return;
  home = await mkdtemp(join(tmpdir(), 'banyan-home-'));
  await cp(join(cache, 'mariadb-maven-11.4.5'), join(home, 'mariadb-maven-11.4.5'), { recursive: true });
  await chmod(home, 0o755);
  if (isRoot()) await chown(home, NOBODY, NOBODY);
});
afterAll(() => rm(home, { recursive: true, force: true }));

here('MariaDB out of Maven', () => {
  it('is a whole server of its own version', () => {
    expect(program).toMatchObject({ kind: 'local', version: '11.4.5-MariaDB' });
  });

  it('runs for a user without any rights, with its cache and home elsewhere', async () => {
    const env = { PATH: '/usr/bin:/bin', HOME: home, BANYAN_CACHE: home, BANYAN_MARIADB: 'maven' };
    const identity = isRoot() ? { uid: NOBODY, gid: NOBODY } : {};
    const options = { env, cwd: home, ...identity };
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', SOURCE], options);
    expect(JSON.parse(stdout)).toEqual({ version: '11.4.5-MariaDB-log', text: '🚕', uid: expect.any(Number) });
    expect(!isRoot() || stdout.includes(`"uid":${NOBODY}`)).toBe(true);
  });
});
