import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withLock } from './lock.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'banyan-lock-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a lock between processes', () => {
  it('is free again after the work, also after work that failed', async () => {
    const file = join(folder, 'a');
    await expect(withLock(file, 0, () => Promise.reject(new Error('work')))).rejects.toThrow('work');
    expect(await withLock(file, 0, async () => 'done')).toBe('done');
  });

  it('refuses a second holder when the budget is spent', async () => {
    const file = join(folder, 'b');
    await withLock(file, 0, () =>
      expect(withLock(file, 0, async () => 'second')).rejects.toThrow('was held by another'),
    );
  });

  it('is taken over from a holder that no longer lives', async () => {
    const file = join(folder, 'c');
    await writeFile(file, '4194304999');
    expect(await withLock(file, 1000, async () => 'taken over')).toBe('taken over');
  });
});
