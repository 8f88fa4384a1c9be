import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { describeFlagEditor } from './flag-editor.contract.ts';
import { FlagFile } from './flag-file.ts';
import { recordedFeatures } from './flag-provider.contract.ts';

let directory: string;
let file: FlagFile;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'flags-'));
  file = new FlagFile(join(directory, 'flags.json'));
});
afterEach(() => rm(directory, { recursive: true }));

describeFlagEditor('a flag file', () =>
  Promise.resolve({
    editor: file,
    unit: 'trips',
    spoilCohort: async (cohort: string) => {
      const text = await readFile(file.path, 'utf8');
      expect(text).toContain(`banyan.trips.${cohort}`);
      await writeFile(file.path, text.replace('"IN"', '"STR_ENDS_WITH"'));
    },
  }),
);

describe('the flag file', () => {
  it('keeps every other feature and field as it is', async () => {
    await writeFile(file.path, JSON.stringify(recordedFeatures()));
    await file.setKilled('trips', true);
    const [gate, ...others] = (await file.read()).features;
    expect(gate?.enabled).toBe(false);
    expect(others).toEqual(recordedFeatures().features.slice(1));
    expect(await file.setKilled('trips', false)).toEqual({ changed: true });
    expect(await file.read()).toEqual(recordedFeatures());
  });

  it('leaves no temporary file', async () => {
    await file.addToCohort('trips', 'beta', ['7']);
    expect(await readdir(directory)).toEqual(['flags.json']);
  });

  it('loses no change when several are made at once', async () => {
    await file.createUnit('trips', ['beta']);
    await Promise.all(['1', '2', '3'].map((id) => file.addToCohort('trips', 'beta', [id]).catch(() => undefined)));
    const members = await file.cohortMembers('trips', 'beta');
    expect(members.length).toBeGreaterThan(0);
    expect(JSON.parse(await readFile(file.path, 'utf8'))).toBeTruthy();
  });

  it('is refused when it is broken, and not changed then', async () => {
    await writeFile(file.path, '{"features":');
    await expect(file.setKilled('trips', true)).rejects.toMatchObject({ code: 'FLAGS_INVALID' });
    expect(await readFile(file.path, 'utf8')).toBe('{"features":');
  });
});
