import { afterEach, describe, expect, it } from '@jest/globals';
import { stackErrors } from './errors.ts';
import { startStack, type RunningServer, type StackServer } from './servers.ts';

const log: string[] = [];
const running = (name: string): RunningServer => ({
  name,
  version: '1',
  url: `at:${name}`,
  stop: async () => void log.push(`${name} stopped`),
});
const server = (name: string, needs: readonly string[] = []): StackServer => ({
  help: name,
  needs,
  start: async (urls) => {
    log.push(`${name} started${needs.map((need) => ` with ${urls[need]}`).join()}`);
    return running(name);
  },
});
const failing = (error: Error): StackServer => ({
  help: '',
  start: async () => {
    throw error;
  },
});
const namesOf = (servers: readonly { name: string }[]): string[] => servers.map(({ name }) => name);

afterEach(() => void log.splice(0));

describe('the local stack', () => {
  const servers = { mariadb: server('mariadb'), kafka: server('kafka'), debezium: server('debezium', ['kafka']) };

  it('starts everything when nothing is named, else only what is', async () => {
    expect(namesOf((await startStack([], servers)).running)).toEqual(['mariadb', 'kafka', 'debezium']);
    expect(namesOf((await startStack(['mariadb'], servers)).running)).toEqual(['mariadb']);
  });

  it('starts what a server needs before it, once, and ends it after it', async () => {
    const stack = await startStack(['debezium', 'kafka'], servers);
    await stack.stop();
    expect(log).toEqual(['kafka started', 'debezium started with at:kafka', 'debezium stopped', 'kafka stopped']);
  });

  it('refuses an unknown name before anything is started', async () => {
    const refused = startStack(['mariadb', 'redis'], { mariadb: server('mariadb') });
    await expect(refused).rejects.toThrow('The stack has no server "redis"; it has: mariadb.');
    expect(log).toEqual([]);
  });

  it('ends what it started when another server fails', async () => {
    const broken = { mariadb: server('mariadb'), kafka: failing(new Error('disk full')) };
    await expect(startStack([], broken)).rejects.toThrow('disk full');
    expect(log).toEqual(['mariadb started', 'mariadb stopped']);
  });
});

describe('a server whose program is missing', () => {
  const noJava = stackErrors.error('STACK_PROGRAM_MISSING', { message: 'no Java', fix: 'install it' });
  const servers = { mariadb: server('mariadb'), kafka: failing(noJava), debezium: server('debezium', ['kafka']) };

  it('is left out and named, with all that needs it, when everything was asked for', async () => {
    const { running, missing } = await startStack([], servers);
    expect(namesOf(running)).toEqual(['mariadb']);
    expect(missing).toEqual([
      { name: 'kafka', reason: 'no Java', fix: 'install it' },
      { name: 'debezium', reason: 'no Java', fix: 'install it' },
    ]);
  });

  it('is an error when it was asked for by name', async () => {
    await expect(startStack(['debezium'], servers)).rejects.toThrow('no Java');
  });
});
