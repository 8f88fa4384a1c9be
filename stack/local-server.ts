import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRoot } from './command.ts';
import { stackErrors } from './errors.ts';
import { freePort } from './free-port.ts';
import { startGuard, type Guard } from './guard.ts';
import type { LocalMariaDb } from './mariadb-program.ts';
import { awaitAnswer } from './ready.ts';
import type { ServerProcess } from './server-process.ts';

/** mariadbd as a child process over its own copy of the template, watched by a guard. */
export class LocalServer implements ServerProcess {
  port = 0;
  readonly #program: LocalMariaDb;
  readonly #folder: string;
  readonly #flags: readonly string[];
  readonly #guard: Guard;
  #child: ChildProcess | undefined;

  constructor(program: LocalMariaDb, folder: string, flags: readonly string[], guard: Guard) {
    this.#program = program;
    this.#folder = folder;
    this.#flags = flags;
    this.#guard = guard;
  }

  get socket(): string {
    return join(this.#folder, 's.sock');
  }

  async launch(): Promise<void> {
    if (this.#child !== undefined) return;
    if (this.port !== 0) return this.#run();
    for (let turn = 1; ; turn += 1) {
      this.port = await freePort();
      try {
        return await this.#run();
      } catch (error) {
        if (turn === 5 || !(await this.#portWasTaken())) throw error;
      }
    }
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.ref();
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGKILL');
    await gone;
  }

  async remove(): Promise<void> {
    await this.kill();
    await this.#guard.close();
  }

  async #run(): Promise<void> {
    const child = this.#spawn();
    const ended = new Promise<never>((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => reject(new Error(`ended with ${signal ?? `exit code ${code}`}`)));
    });
    ended.catch(() => undefined);
    const stop = new AbortController();
    try {
      await Promise.race([awaitAnswer(socketUrl(this.socket), 60_000, stop.signal), ended]);
      child.unref();
    } catch (cause) {
      await this.kill();
      throw await this.#startFailed(cause);
    } finally {
      stop.abort();
    }
  }

  /** Its own process group: Ctrl-C reaches us, and the guard ends the server after us, never the terminal before us. */
  #spawn(): ChildProcess {
    const log = openSync(this.#logFile, 'a');
    const child = spawn(this.#program.mariadbd, this.#arguments(), {
      cwd: this.#folder,
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    if (child.pid !== undefined) this.#guard.arm(`kill -9 ${child.pid}`);
    const forget = (): void => {
      this.#child = undefined;
      this.#guard.arm(':');
    };
    child.once('exit', forget);
    child.once('error', forget);
    return child;
  }

  #arguments(): string[] {
    return [
      '--no-defaults',
      ...(isRoot() ? ['--user=root'] : []),
      ...(this.#program.basedir === undefined ? [] : [`--basedir=${this.#program.basedir}`]),
      `--datadir=${join(this.#folder, 'data')}`,
      `--tmpdir=${this.#folder}`,
      `--socket=${this.socket}`,
      `--pid-file=${join(this.#folder, 'pid')}`,
      `--port=${this.port}`,
      '--bind-address=127.0.0.1',
      ...this.#flags,
    ];
  }

  get #logFile(): string {
    return join(this.#folder, 'server.log');
  }

  async #portWasTaken(): Promise<boolean> {
    return (await readFile(this.#logFile, 'utf8')).includes('Address already in use');
  }

  async #startFailed(cause: unknown): Promise<Error> {
    const log = await readFile(this.#logFile, 'utf8').catch(() => '');
    const message = `${this.#program.mariadbd} did not start on port ${this.port}. End of its log:\n${log.slice(-1200)}`;
    return stackErrors.error('STACK_START_FAILED', { message, cause });
  }
}

/** Copies the template into a new folder of the temporary directory and puts a guard over it. */
export async function createLocalServer(
  program: LocalMariaDb,
  template: string,
  flags: readonly string[],
): Promise<LocalServer> {
  const folder = await mkdtemp(join(tmpdir(), 'banyan-mariadb-'));
  const guard = startGuard(folder);
  try {
    await mkdir(join(folder, 'data'));
    await cp(template, join(folder, 'data'), { recursive: true });
    return new LocalServer(program, folder, flags, guard);
  } catch (error) {
    await guard.close();
    throw error;
  }
}

function socketUrl(socket: string): string {
  return `mysql://root@localhost/?socketPath=${encodeURIComponent(socket)}`;
}
