import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './command.ts';
import { freePort } from './free-port.ts';
import { startGuard, type Guard } from './guard.ts';
import type { DockerMariaDb } from './mariadb-program.ts';
import { awaitAnswer } from './ready.ts';
import type { ServerProcess } from './server-process.ts';

/** The same server in a container with a published port. Its data lives and dies with the container. */
export class DockerServer implements ServerProcess {
  readonly port: number;
  readonly #program: DockerMariaDb;
  readonly #name: string;
  readonly #flags: readonly string[];
  readonly #guard: Guard;
  #created = false;

  constructor(program: DockerMariaDb, name: string, port: number, flags: readonly string[], guard: Guard) {
    this.#program = program;
    this.#name = name;
    this.port = port;
    this.#flags = flags;
    this.#guard = guard;
  }

  async launch(): Promise<void> {
    const { docker, image } = this.#program;
    if (this.#created) await run(docker, ['start', this.#name]);
    else await run(docker, dockerRunArguments(this.#name, this.port, image, this.#flags));
    this.#created = true;
    await awaitAnswer(`mysql://root@127.0.0.1:${this.port}/`, 120_000);
  }

  async kill(): Promise<void> {
    await run(this.#program.docker, ['kill', this.#name]);
  }

  async remove(): Promise<void> {
    await this.#guard.close();
  }
}

/** `docker run` for a server that answers on 127.0.0.1:`port` with the same flags as a local one. */
export function dockerRunArguments(name: string, port: number, image: string, flags: readonly string[]): string[] {
  const environment = ['-e', 'MARIADB_ALLOW_EMPTY_ROOT_PASSWORD=1', '-e', 'MARIADB_ROOT_HOST=%'];
  return ['run', '-d', '--name', name, '-p', `127.0.0.1:${port}:3306`, ...environment, image, ...flags];
}

/** Prepares a container; its guard removes it, with its data, when this process ends in any way. */
export async function createDockerServer(program: DockerMariaDb, flags: readonly string[]): Promise<DockerServer> {
  const name = `banyan-mariadb-${randomUUID()}`;
  const guard = startGuard(await mkdtemp(join(tmpdir(), 'banyan-mariadb-')));
  guard.arm(`${program.docker} rm -f -v ${name}`);
  return new DockerServer(program, name, await freePort(), flags, guard);
}
