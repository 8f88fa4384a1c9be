import { describe, expect, it } from '@jest/globals';
import type { LocalMariaDb, MariaDbWay } from './mariadb-program.ts';
import { firstThatWorks, waysFor } from './obtain-mariadb.ts';

const program: LocalMariaDb = { kind: 'local', version: '10.11.1-MariaDB', mariadbd: '/d', installDb: '/i' };
const way = (name: MariaDbWay['name'], obtain: MariaDbWay['obtain']): MariaDbWay => ({ name, obtain });
const works = way('maven', async () => program);
const missing = way('path', async () => ({ unavailable: 'mariadbd is not in PATH' }));
const broken = way('debian', async () => Promise.reject(new Error('"apt-get update" failed')));

describe('getting MariaDB', () => {
  it('goes on to the next way when one is unavailable or fails', async () => {
    expect(await firstThatWorks([missing, broken, works], '/cache')).toBe(program);
  });

  it('does not touch later ways once one has worked', async () => {
    const never = way('docker', () => Promise.reject(new Error('must not be asked')));
    expect(await firstThatWorks([works, never], '/cache')).toBe(program);
  });

  it('names every reason and one command when no way works', async () => {
    await expect(firstThatWorks([missing, broken], '/cache')).rejects.toMatchObject({
      code: 'STACK_PROGRAM_MISSING',
      message: expect.stringMatching(/path: mariadbd is not in PATH\ndebian: "apt-get update" failed/),
      fix: expect.stringMatching(/install/),
    });
  });

  it('tries only the way that was asked for', () => {
    expect(waysFor('maven', [missing, works])).toEqual([works]);
    expect(waysFor('', [missing, works])).toEqual([missing, works]);
  });

  it('refuses a way that does not exist and lists those that do', () => {
    expect(() => waysFor('brew', [missing, works])).toThrow('BANYAN_MARIADB is "brew"; expected one of path, maven');
  });
});
