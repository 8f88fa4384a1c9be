import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';

/** Starts one of a benchmark's programs in a process of its own, so that no peer pays for another's garbage. */
export function startProcess(file: URL, args: readonly string[], flags: readonly string[] = []): ChildProcess {
  return fork(file, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [...process.execArgv, ...flags],
  });
}

/**
 * The next message of a process. Rejects when the process ends without one: its end may be heard before its last
 * message, the end of its channel never is.
 */
export function answerOf<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const name = basename(child.spawnargs.find((word) => word.endsWith('.ts')) ?? 'a process');
    child.once('message', (value) => resolve(value as T));
    child.once('disconnect', () => reject(new Error(`${name} ended without a word`)));
    child.once('error', reject);
  });
}

/** Runs a program to its end and returns what it answered. */
export async function runProcess<T>(file: URL, options: object, flags: readonly string[] = []): Promise<T> {
  const child = startProcess(file, [JSON.stringify(options)], flags);
  const ended = once(child, 'exit');
  const [answer, [code]] = await Promise.all([answerOf<T>(child), ended]);
  if (code !== 0) throw new Error(`${basename(file.pathname)} ended with ${code}`);
  return answer;
}

/** For the program itself: what it was told when it started. */
export function givenOptions(): unknown {
  return JSON.parse(process.argv[2] ?? '{}');
}

/** For the program itself, as its last act: only a message that has left survives the end of the channel. */
export function answerAndEnd(answer: unknown): void {
  process.send?.(answer, () => process.disconnect?.());
}
