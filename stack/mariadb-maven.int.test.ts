import { execFile } from 'node:child_process';
import { chmod, chown, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cacheFolder } from './cache.ts';
import { isRoot } from './command.ts';
import { mavenWay } from './mariadb-maven.ts';
import type { MariaDbProgram } from './mariadb-program.ts';

const NOBODY = 65534;
const DOOR = new URL('index.ts', import.meta.url).href;
const SOURCE = `const { startMariaDb } = await import('${DOOR}');
  const server = await startMariaDb();
  const [row] = await server.sql("CREATE DATABASE a; SELECT @@version AS version, '🚕' AS text");
  console.log(JSON.stringify({ ...row, uid: process.getuid() }));
  await server.stop();`;

let home = '';
let program: MariaDbProgram | { readonly unavailable: string };

beforeAll(async () => {
  const cache = await cacheFolder();
  program = await mavenWay.obtain(cache);
  home = await mkdtemp(join(tmpdir(), 'banyan-home-'));
  await cp(join(cache, 'mariadb-maven-11.4.5'), join(home, 'mariadb-maven-11.4.5'), { recursive: true });
  await chmod(home, 0o755);
  if (isRoot()) await chown(home, NOBODY, NOBODY);
}, 600_000);
afterAll(() => rm(home, { recursive: true, force: true }));

describe('MariaDB out of Maven', () => {
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
