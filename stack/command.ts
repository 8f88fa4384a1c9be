import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../shared/index.ts';
import { stackErrors } from './errors.ts';

const execute = promisify(execFile);
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly timeoutMs?: number;
  /** Run as this user; only root can. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
}

/** Runs a helper program without a terminal and answers what it printed; its failure names the whole command. */
export async function run(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { env = {}, cwd, timeoutMs = 600_000, user = {} } = options;
  try {
    const settings = { env: { ...process.env, ...env }, timeout: timeoutMs, maxBuffer: 64 << 20, ...user };
    const { stdout } = await execute(program, [...args], cwd === undefined ? settings : { ...settings, cwd });
    return stdout;
  } catch (cause) {
    const message = `"${[program, ...args].join(' ')}" failed: ${messageOf(cause).slice(-800)}`;
    throw stackErrors.error('STACK_COMMAND_FAILED', { message, cause });
  }
}

/** The full path of a program, looked up in PATH and in folders that a user's PATH often leaves out. */
export async function which(program: string, others: readonly string[] = []): Promise<string | undefined> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS, ...others].filter(
    (f) => f !== '',
  );
  for (const folder of folders) if (await isExecutable(join(folder, program))) return join(folder, program);
  return undefined;
}

/** Whether this user may run the file. */
export async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}
