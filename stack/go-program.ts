import { mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isExecutable, run, which } from './command.ts';
import { stackErrors } from './errors.ts';
import { installFix } from './install-fix.ts';
import { withLock } from './lock.ts';

/** A program that Go builds from its published source. */
export interface GoProgram {
  /** What messages and the cache call it. */
  readonly name: string;
  /** The package of its `main`; the last part of the path is what Go calls the file. */
  readonly source: string;
  readonly version: string;
}

const INSTALLERS = { 'apt-get': 'sudo apt-get install -y --no-install-recommends golang-go', brew: 'brew install go' };

/** The program's file in the cache, built there once: about half a minute. Throws `STACK_PROGRAM_MISSING` without Go. */
export async function obtainGoProgram({ name, source, version }: GoProgram, cache: string): Promise<string> {
  const file = join(cache, `${name}-${version}`);
  if (await isExecutable(file)) return file;
  const go = await which('go', GO_FOLDERS);
  if (go === undefined)
    throw stackErrors.error('STACK_PROGRAM_MISSING', {
      message: `${name} ${version} has to be built once, and go is not in PATH.`,
      fix: await installFix(INSTALLERS, 'install Go, so that go is in PATH'),
    });
  await withLock(`${file}.lock`, 600_000, async () => {
    if (!(await isExecutable(file))) await build(go, `${source}@${version}`, file);
  });
  return file;
}

/** Where Go's own archive goes, which a user's PATH often leaves out. */
const GO_FOLDERS = ['/usr/local/go/bin'];

async function build(go: string, target: string, file: string): Promise<void> {
  const draft = await mkdtemp(`${file}-draft-`);
  try {
    await run(go, ['install', target], { cwd: draft, env: { GOBIN: draft, GOFLAGS: '-modcacherw' } });
    await rename(join(draft, binaryOf(target)), file);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** `server` out of `example.org/tool/cmd/server@v1`. */
export function binaryOf(target: string): string {
  return /([^/@]+)@[^@]*$/.exec(target)?.[1] ?? target;
}
