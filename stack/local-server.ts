import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../shared/index.ts';
import { stackErrors } from './errors.ts';
import { freePort } from './free-port.ts';
import { startGuard, type Guard } from './guard.ts';
import type { ServerProcess } from './server-process.ts';
import type { SystemUser } from './unprivileged.ts';

/** How one kind of server is run as a child process over its own folder. */
export interface LocalRecipe {
  /** What messages call it. */
  readonly title: string;
  /** Fills the new, empty folder. */
  prepare(folder: string): Promise<void>;
  /** What to run so that it listens on `port` of 127.0.0.1; asked for again at every start. */
  command(folder: string, port: number): Promise<LocalCommand>;
  /** Resolves when the server does its work, rejects when it does not within its budget. */
  answers(folder: string, port: number, signal: AbortSignal): Promise<void>;
}

export interface LocalCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Run as this user; only root can. */
  readonly user?: SystemUser | undefined;
}

/** A server as a child process, watched by a guard. */
export class LocalServer implements ServerProcess {
  port = 0;
  readonly folder: string;
  readonly #recipe: LocalRecipe;
  readonly #guard: Guard;
  #child: ChildProcess | undefined;

  constructor(recipe: LocalRecipe, folder: string, guard: Guard, port = 0) {
    this.#recipe = recipe;
    this.folder = folder;
    this.#guard = guard;
    this.port = port;
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

  /** SIGSTOP: the port stays open and nothing is answered. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async remove(): Promise<void> {
    await this.kill();
    await this.#guard.close();
  }

  async #run(): Promise<void> {
    const child = this.#spawn(await this.#recipe.command(this.folder, this.port));
    const ended = new Promise<never>((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => reject(new Error(`ended with ${signal ?? `exit code ${code}`}`)));
    });
    ended.catch(() => undefined);
    const stop = new AbortController();
    try {
      await Promise.race([this.#recipe.answers(this.folder, this.port, stop.signal), ended]);
      child.unref();
    } catch (cause) {
      await this.kill();
      throw await this.#startFailed(cause);
    } finally {
      stop.abort();
    }
  }

  /** Its own process group: Ctrl-C reaches us, and the guard ends the server after us, never the terminal before us. */
  #spawn({ program, args, env = {}, user }: LocalCommand): ChildProcess {
    const log = openSync(this.#logFile, 'a');
    const child = spawn(program, args, {
      cwd: this.folder,
      detached: true,
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
      ...user,
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

  get #logFile(): string {
    return join(this.folder, 'server.log');
  }

  async #portWasTaken(): Promise<boolean> {
    return /Address already in use|address already in use/.test(await readFile(this.#logFile, 'utf8'));
  }

  async #startFailed(cause: unknown): Promise<Error> {
    const log = await readFile(this.#logFile, 'utf8').catch(() => '');
    const message = `${this.#recipe.title} did not start on port ${this.port}: ${messageOf(cause)}. End of its log:\n${log.slice(-1200)}`;
    return stackErrors.error('STACK_START_FAILED', { message, cause });
  }
}

/** A new folder of the temporary directory under a guard, filled by the recipe. `port` 0 takes a free one. */
export async function createLocalServer(name: string, recipe: LocalRecipe, port = 0): Promise<LocalServer> {
  const folder = await mkdtemp(join(tmpdir(), `banyan-${name}-`));
  const guard = startGuard(folder);
  try {
    await recipe.prepare(folder);
    return new LocalServer(recipe, folder, guard, port);
  } catch (error) {
    await guard.close();
    throw error;
  }
}
