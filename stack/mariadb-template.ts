import { access, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isRoot, run } from './command.ts';
import { withLock } from './lock.ts';
import type { LocalMariaDb } from './mariadb-program.ts';

/**
 * The folder an empty server is copied from: made once per server version and user, by the server's own installer.
 * It appears under its name only when complete, so that parallel first starts and a kill in the middle do no harm.
 */
export async function templateFolder(program: LocalMariaDb, cache: string): Promise<string> {
  const template = join(cache, `mariadb-template-${program.version}-${isRoot() ? 'root' : 'user'}-1`);
  if (await exists(template)) return template;
  await withLock(`${template}.lock`, 60_000, async () => {
    if (!(await exists(template))) await make(program, template);
  });
  return template;
}

async function make(program: LocalMariaDb, template: string): Promise<void> {
  const draft = await mkdtemp(`${template}-draft-`);
  try {
    await run(program.installDb, installFlags(program, draft), { cwd: draft });
    await rename(draft, template);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!(await exists(template))) throw error;
  }
}

function installFlags(program: LocalMariaDb, datadir: string): string[] {
  return [
    '--no-defaults',
    ...(isRoot() ? ['--user=root'] : []),
    ...(program.basedir === undefined ? [] : [`--basedir=${program.basedir}`]),
    `--datadir=${datadir}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--skip-name-resolve',
    '--innodb-log-file-size=4M',
  ];
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
