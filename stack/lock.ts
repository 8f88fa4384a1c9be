import { readFile, rm, writeFile } from 'node:fs/promises';
import { systemClock, waitUntil } from '../shared/index.ts';
import { stackErrors } from './errors.ts';

/**
 * Runs `work` while no other process of this machine holds `file`. The file names its holder's process id, so a
 * holder that was killed does not block anyone.
 */
export async function withLock<T>(file: string, budgetMs: number, work: () => Promise<T>): Promise<T> {
  if (!(await waitUntil(() => take(file), { clock: systemClock, budgetMs, everyMs: 50 })))
    throw stackErrors.error('STACK_COMMAND_FAILED', {
      message: `${file} was held by another process for ${budgetMs / 1000} s.`,
      fix: `end that process or remove ${file}`,
    });
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (await isAbandoned(file)) await rm(file, { force: true });
    return false;
  }
}

async function isAbandoned(file: string): Promise<boolean> {
  const holder = Number(await readFile(file, 'utf8').catch(() => ''));
  return holder > 0 && !isAlive(holder);
}

/** Whether a process of this id exists (also when it belongs to someone else). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
