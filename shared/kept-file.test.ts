import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KeptFile } from './kept-file.ts';

describe('a kept file', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'banyan-kept-'));
    path = join(folder, 'stages.json');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const file = (version = 1): KeptFile<string[]> => new KeptFile(path, 'stages', version);

  it('gives back what was written, and leaves nothing else behind', async () => {
    await file().write(['a\nb', 'é']);
    expect(await file().read()).toMatchObject({ state: 'kept', value: ['a\nb', 'é'] });
    expect(readdirSync(folder)).toEqual(['stages.json']);
  });

  it('ends with the newest of values that come faster than the disk', async () => {
    const kept = file();
    await Promise.all(Array.from({ length: 50 }, (_, i) => kept.write([String(i)])));
    expect(await kept.read()).toMatchObject({ value: ['49'] });
  });

  it('is missing before the first write', async () => {
    expect(await file().read()).toEqual({ state: 'missing' });
  });

  it.each<[string, (text: string) => string]>([
    ['cut off', (text) => text.slice(0, -5)],
    ['changed by hand', (text) => text.replace('legacy', 'service')],
    ['empty', () => ''],
    ['of something else', () => '[{"unit":"trips"}]'],
  ])('is damaged when it is %s', async (_, change) => {
    await file().write(['legacy']);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    expect((await file().read()).state).toBe('damaged');
  });

  it('is damaged for a reader of another version', async () => {
    await file(1).write(['legacy']);
    expect(await file(2).read()).toEqual({
      state: 'damaged',
      reason: 'it is stages 1, expected stages 2',
    });
  });

  it('says so when it cannot be kept', async () => {
    rmSync(folder, { recursive: true });
    await expect(file().write(['legacy'])).rejects.toThrow('ENOENT');
    expect(await file().read()).toEqual({ state: 'missing' });
  });
});
