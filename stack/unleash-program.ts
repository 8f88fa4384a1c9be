import { createHash } from 'node:crypto';
import { access, cp, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, which } from './command.ts';
import { stackErrors } from './errors.ts';
import { installFix } from './install-fix.ts';
import { withLock } from './lock.ts';

/** Unleash's server as installed in the cache, and the Node to run it. */
export interface UnleashProgram {
  readonly node: string;
  readonly main: string;
  readonly version: string;
}

const INSTALLERS = {
  'apt-get': 'sudo apt-get install -y --no-install-recommends npm',
  dnf: 'sudo dnf install -y npm',
  brew: 'brew install node',
};

/**
 * The server as `unleash/package-lock.json` pins it: about 390 MB, installed once into the cache. It is licensed under
 * the AGPL and runs as a process of its own; nothing of ours imports it. None of its packages' install scripts is run.
 */
export async function obtainUnleash(cache: string): Promise<UnleashProgram> {
  const files = await pinFolder();
  const home = join(cache, `unleash-${await fingerprint(files)}`);
  if (!(await exists(home))) {
    const npm = await which('npm');
    if (npm === undefined) throw await missingNpm();
    await withLock(`${home}.lock`, 600_000, async () => {
      if (!(await exists(home))) await installTo(home, { npm, files });
    });
  }
  return describe(home);
}

async function missingNpm(): Promise<Error> {
  return stackErrors.error('STACK_PROGRAM_MISSING', {
    message: 'Unleash has to be installed once, and npm is not in PATH.',
    fix: await installFix(INSTALLERS, 'install npm, so that it is in PATH'),
  });
}

/** Everything happens in a draft beside `home`, which takes its name only when whole. */
async function installTo(home: string, { npm, files }: { npm: string; files: string }): Promise<void> {
  const draft = await mkdtemp(`${home}-draft-`);
  try {
    await cp(files, draft, { recursive: true });
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
    await run(npm, ['ci', '--ignore-scripts', '--omit=dev', ...quiet], { cwd: draft });
    await rename(draft, home);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function describe(home: string): Promise<UnleashProgram> {
  const server = join(home, 'node_modules', 'unleash-server');
  const { version } = JSON.parse(await readFile(join(server, 'package.json'), 'utf8')) as { version: string };
  return { node: process.execPath, main: join(server, 'dist', 'server.js'), version };
}

/** The pins lie beside this file; beside the compiled one they do not, there the package brings them along. */
async function pinFolder(): Promise<string> {
  const beside = fileURLToPath(new URL('unleash', import.meta.url));
  return (await exists(beside)) ? beside : fileURLToPath(new URL('../../stack/unleash', import.meta.url));
}

/** Changes with any pinned version, so that a cache of another time is never taken for this one. */
async function fingerprint(files: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['package.json', 'package-lock.json']) hash.update(await readFile(join(files, name)));
  return hash.digest('hex').slice(0, 12);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
