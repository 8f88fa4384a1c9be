import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { answerOf, startProcess } from '../process.ts';

/** A program under test and where it listens. */
export interface Running {
  readonly process: ChildProcess;
  readonly port: number;
  /** A second address of the same process, where it has one. */
  readonly servicePort?: number;
}

/** Starts one of this folder's programs and waits for its port. */
export async function startNode(file: string, args: readonly string[]): Promise<Running> {
  const child = startProcess(new URL(file, import.meta.url), args);
  return { process: child, ...(await answerOf<{ port: number; servicePort?: number }>(child)) };
}

/** Starts a server program in the foreground and waits until its port answers. */
export async function startProgram(command: string, args: readonly string[], port: number): Promise<Running> {
  const child = spawn(command, args, { stdio: 'ignore' });
  for (let attempt = 0; attempt < 200 && !(await answers(port)); attempt++) await new Promise((r) => setTimeout(r, 10));
  return { process: child, port };
}

async function answers(port: number): Promise<boolean> {
  try {
    await fetch(`http://127.0.0.1:${port}/`);
    return true;
  } catch {
    return false;
  }
}

const TICKS_PER_S = 100;

/** CPU seconds used so far by a process and its children, user and system. */
export function cpuSeconds(pid: number): number {
  return family(pid).reduce((sum, one) => sum + ticks(one), 0) / TICKS_PER_S;
}

/** Resident memory of a process and its children, in MiB. */
export function rssMb(pid: number): number {
  const kilobytes = family(pid).map((one) => Number(/VmRSS:\s+(\d+)/.exec(read(one, 'status'))?.[1] ?? 0));
  return kilobytes.reduce((sum, kb) => sum + kb, 0) / 1024;
}

function family(pid: number): number[] {
  const all = readdirSync('/proc')
    .map(Number)
    .filter((one) => one > 0);
  return [pid, ...all.filter((one) => Number(fields(one)[1]) === pid)];
}

function ticks(pid: number): number {
  const [user = 0, system = 0] = fields(pid).slice(11, 13).map(Number);
  return user + system;
}

/** The fields of /proc/<pid>/stat after the command name, which may itself hold spaces. */
function fields(pid: number): string[] {
  return read(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
