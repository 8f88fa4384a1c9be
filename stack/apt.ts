import { run } from './command.ts';

const LOCK_WAIT = ['-o', 'DPkg::Lock::Timeout=300'];
const QUIET = { DEBIAN_FRONTEND: 'noninteractive' };

/** Installs Debian packages without a question. Needs root. */
export async function aptInstall(aptGet: string, packages: readonly string[]): Promise<void> {
  await run(aptGet, [...LOCK_WAIT, 'update', '-qq'], { env: QUIET });
  await run(aptGet, [...LOCK_WAIT, 'install', '-y', '-qq', '--no-install-recommends', ...packages], { env: QUIET });
}
