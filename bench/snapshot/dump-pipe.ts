import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { MariaDb } from '../../stack/index.ts';
import type { Round } from './round.ts';
import { TABLE } from './trips.ts';

const LOOK_EVERY_MS = 250;

/** `mariadb-dump | mariadb`, over the loopback like the other peer, with the flags its manual gives for a live server. */
export async function dumpPipe(source: MariaDb, target: MariaDb): Promise<Round> {
  const startedAt = performance.now();
  const dump = spawn(
    'mariadb-dump',
    [...loginTo(source), '--single-transaction', '--quick', '--no-create-info', '--skip-triggers', 'fleet', TABLE],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const load = spawn('mariadb', [...loginTo(target), '--max-allowed-packet=64M', 'trips'], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  dump.stdout.pipe(load.stdin);
  const peaks = new Map<ChildProcess, number>();
  const timer = setInterval(() => [dump, load].forEach((child) => peaks.set(child, peakOf(child))), LOOK_EVERY_MS);
  try {
    await Promise.all([ended(dump, 'mariadb-dump'), ended(load, 'mariadb')]);
  } finally {
    clearInterval(timer);
  }
  const rssMb = [...peaks.values()].reduce((sum, peak) => sum + peak, 0);
  return { ms: performance.now() - startedAt, rssMb };
}

function loginTo({ port }: MariaDb): string[] {
  return ['--no-defaults', '--skip-ssl', '--host=127.0.0.1', `--port=${port}`, '--user=root'];
}

/** Peak resident memory in MiB; zero once the process is gone. */
function peakOf({ pid }: ChildProcess): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function ended(child: ChildProcess, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${name} ended with ${code}`))));
  });
}
