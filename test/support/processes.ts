import { readdir, readFile } from 'node:fs/promises';

/** The ids of the living processes whose command line holds `text`; nothing where there is no /proc. */
export async function processesNaming(text: string): Promise<number[]> {
  const pids = await allProcesses();
  const lines = await Promise.all(pids.map(async (pid) => ({ pid, line: await commandLine(pid) })));
  return lines.filter(({ pid, line }) => pid !== process.pid && line.includes(text)).map(({ pid }) => pid);
}

/** The ids of the living children of this process. */
export async function childProcesses(parent = process.pid): Promise<number[]> {
  const pids = await allProcesses();
  const parents = await Promise.all(pids.map(async (pid) => ({ pid, parent: await parentOf(pid) })));
  return parents.filter((entry) => entry.parent === parent).map(({ pid }) => pid);
}

async function allProcesses(): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

async function commandLine(pid: number): Promise<string> {
  const raw = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return raw.replaceAll('\0', ' ');
}

/** A process that has ended but was not yet collected counts as gone. */
async function parentOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  if (/^State:\s*Z/m.test(status)) return undefined;
  return Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]);
}
