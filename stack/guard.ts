import { spawn } from 'node:child_process';

/**
 * The guard outlives its parent by design: it holds the reading end of a pipe, and when the parent is gone for
 * whatever reason (also `kill -9`) it runs the last line it was sent and removes the folder. A fresh file may be
 * created while the server dies, hence the repeats.
 */
const SCRIPT = `trap '' INT TERM HUP
last=:
while read -r line; do last=$line; done
eval "$last" >/dev/null 2>&1
for turn in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" 2>/dev/null && exit 0; sleep 0.1; done`;

export interface Guard {
  /** The shell line that ends the server should the parent vanish; it replaces the one before. */
  arm(line: string): void;
  /** Lets the guard go through its last line now; resolves when the folder is gone. */
  close(): Promise<void>;
}

/** Starts a guard over `folder`. It needs nothing but `sh` and does not keep the parent alive. */
export function startGuard(folder: string): Guard {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'banyan-guard', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.stdin.on('error', () => undefined);
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return {
    arm: (line) => void child.stdin.write(`${line}\n`),
    close: () => {
      child.ref();
      child.stdin.end();
      return ended;
    },
  };
}
