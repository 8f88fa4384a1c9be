import { describe, expect, it } from '@jest/globals';
import { installFix } from './install-fix.ts';

const commands = { 'apt-get': 'sudo apt-get install -y maven', dnf: 'sudo dnf install -y maven' };

describe('what to do about a missing program', () => {
  it('is the command of the package manager that is there', async () => {
    const find = async (program: string): Promise<string | undefined> =>
      program === 'dnf' ? '/usr/bin/dnf' : undefined;
    expect(await installFix(commands, 'install Maven', find)).toBe('run: sudo dnf install -y maven');
  });

  it('is said in words where none is known', async () => {
    expect(await installFix(commands, 'install Maven', async () => undefined)).toBe('install Maven');
  });
});
