import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** A program of this repository running as its own process, as an operator would start it. */
export interface Program {
  readonly pid: number;
  /** The first capture group of the line that said it was ready. */
  readonly ready: string;
  /** Last lines of standard output and of standard error. */
  stdout(): string;
  stderr(): string;
  /** Its exit code; -1 when a signal ended it. */
  readonly ended: Promise<number>;
  /** SIGTERM, then SIGKILL after ten seconds. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

export interface ProgramOptions {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Matched against each line of standard output. */
  readonly readyWhen: RegExp;
  readonly budgetMs?: number;
}

/** What ends with this process. */
const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** Starts `node <args>` and waits for its ready line. Fails with its last words when it ends first. */
export async function startProgram({ args, env, readyWhen, budgetMs = 120_000 }: ProgramOptions): Promise<Program> {
  const child = spawn(process.execPath, [...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = keepTail(child.stdout);
  const tail = keepTail(child.stderr);
  running.add(child);
  child.once('exit', () => running.delete(child));
  const ended = once(child, 'exit').then(([code]) => (code as number | null) ?? -1);
  const ready = await readyLine(child, readyWhen, budgetMs, () => `${args.join(' ')}: ${tail()}`);
  return {
    pid: child.pid ?? 0,
    ready,
    stdout: said,
    stderr: tail,
    ended,
    stop: () => end(child, 'SIGTERM'),
    kill: () => end(child, 'SIGKILL'),
  };
}

function keepTail(stream: Readable | null): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (chunk: string) => (text = (text + chunk).slice(-8_000)));
  return () => text;
}

function readyLine(child: ChildProcess, pattern: RegExp, budgetMs: number, about: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready within ${budgetMs} ms: ${about()}`)), budgetMs);
    let rest = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      const match = lines.map((line) => pattern.exec(line)).find((found) => found !== null);
      if (match) resolve(match[1] ?? match[0]);
      if (match) clearTimeout(timer);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`ended with ${code} before it was ready: ${about()}`));
    });
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await exited;
  clearTimeout(timer);
}

export interface ProgramEnd {
  /** -1 when a signal ended it. */
  readonly exitCode: number;
  readonly stdout: string;
  /** Both streams in order of arrival. */
  readonly output: string;
}

/** Runs `node <args>` to its end; one that does not end within the budget is killed and said to have hung. */
export async function runProgram(options: Omit<ProgramOptions, 'readyWhen'>): Promise<ProgramEnd> {
  const { budgetMs = 60_000 } = options;
  const env = { ...process.env, ...options.env };
  const child = spawn(process.execPath, [...options.args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    output += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const timer = setTimeout(() => {
    output += `\nkilled: no end within ${budgetMs} ms`;
    child.kill('SIGKILL');
  }, budgetMs);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  if (output.includes('killed: no end')) return { exitCode: 1, stdout, output };
  return { exitCode: code ?? -1, stdout, output };
}
