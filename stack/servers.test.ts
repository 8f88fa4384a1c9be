import { describe, expect, it } from '@jest/globals';
import { startStack, type RunningServer, type StackServer } from './servers.ts';

const log: string[] = [];
const server = (name: string, start?: () => Promise<RunningServer>): StackServer => ({
  help: name,
  start: start ?? (async () => ({ name, version: '1', url: '', stop: async () => void log.push(`${name} stopped`) })),
});

describe('the local stack', () => {
  const servers = { mariadb: server('mariadb'), kafka: server('kafka') };

  it('starts everything when nothing is named, else only what is', async () => {
    expect((await startStack([], servers)).map(({ name }) => name)).toEqual(['mariadb', 'kafka']);
    expect((await startStack(['kafka'], servers)).map(({ name }) => name)).toEqual(['kafka']);
  });

  it('refuses an unknown name before anything is started', async () => {
    const refused = startStack(['mariadb', 'redis'], { mariadb: server('mariadb', () => Promise.reject(new Error())) });
    await expect(refused).rejects.toThrow('The stack has no server "redis"; it has: mariadb.');
  });

  it('ends what it started when another server fails', async () => {
    const failing = { mariadb: server('mariadb'), kafka: server('kafka', () => Promise.reject(new Error('no Java'))) };
    await expect(startStack([], failing)).rejects.toThrow('no Java');
    expect(log).toEqual(['mariadb stopped']);
  });
});
