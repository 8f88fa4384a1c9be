import { readdirSync, readFileSync } from 'node:fs';
import type { Connection } from '../../shared/index.ts';

const TICKS_PER_S = 100;

/** CPU seconds a database server on this machine has used so far. */
export async function serverCpuSeconds(connection: Connection): Promise<number> {
  return usageOf(await pidOf(connection)).cpuS;
}

export interface Usage {
  readonly cpuS: number;
  /** The most it ever had. */
  readonly rssMb: number;
}

/** What the child process of ours has used whose command line holds `text`. */
export function childUsage(text: string): Usage {
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && isOurs(name, text));
  if (pid === undefined) throw new Error(`no child process runs ${text}`);
  return usageOf(pid);
}

function isOurs(pid: string, text: string): boolean {
  try {
    const parent = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1];
    return parent === String(process.pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
  } catch {
    return false;
  }
}

function usageOf(pid: string): Usage {
  const values = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const rssMb = Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  return { cpuS: (Number(values[11]) + Number(values[12])) / TICKS_PER_S, rssMb };
}

/** Resident memory of the server, in MiB. */
export async function serverRssMb(connection: Connection): Promise<number> {
  return usageOf(await pidOf(connection)).rssMb;
}

async function pidOf(connection: Connection): Promise<string> {
  const [rows] = await connection.query('SELECT @@pid_file AS file, @@datadir AS folder');
  const { file, folder } = (rows as { file: string; folder: string }[])[0] ?? { file: '', folder: '' };
  return readFileSync(file.startsWith('/') ? file : `${folder}/${file}`, 'utf8').trim();
}
