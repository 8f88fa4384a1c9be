import { describe, expect, it } from '@jest/globals';
import { firstThatWorks, type Way } from './way.ts';

const wanted = { title: 'MariaDB', installers: {}, otherwise: 'install MariaDB' };
const way = (name: string, obtain: Way<string>['obtain']): Way<string> => ({ name, obtain });
const works = way('maven', async () => '/opt/mariadbd');
const missing = way('path', async () => ({ unavailable: 'mariadbd is not in PATH' }));
const broken = way('debian', async () => Promise.reject(new Error('"apt-get update" failed')));

describe('getting a program', () => {
  it('goes on to the next way when one is unavailable or fails', async () => {
    expect(await firstThatWorks([missing, broken, works], '/cache', wanted)).toBe('/opt/mariadbd');
  });

  it('does not touch later ways once one has worked', async () => {
    const never = way('docker', () => Promise.reject(new Error('must not be asked')));
    expect(await firstThatWorks([works, never], '/cache', wanted)).toBe('/opt/mariadbd');
  });

  it('names every reason and one command when no way works', async () => {
    await expect(firstThatWorks([missing, broken], '/cache', wanted)).rejects.toMatchObject({
      code: 'STACK_PROGRAM_MISSING',
      message: expect.stringMatching(/path: mariadbd is not in PATH\ndebian: "apt-get update" failed/),
      fix: 'install MariaDB',
    });
  });
});
