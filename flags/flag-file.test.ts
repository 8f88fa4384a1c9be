import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FlagFile } from './flag-file.ts';
import { recordedFeatures } from './flag-provider.contract.ts';

describe('the flag file', () => {
  let directory: string;
  let file: FlagFile;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'flags-'));
    file = new FlagFile(join(directory, 'flags.json'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is made for a new unit with its gate on and its cohorts empty', async () => {
    await file.createUnit('trips', ['beta', 'everyone']);
    const { features } = await file.read();
    expect(features.map((f) => [f.name, f.enabled])).toEqual([
      ['banyan.trips', true],
      ['banyan.trips.beta', true],
    ]);
    expect(await file.cohortMembers('trips', 'beta')).toEqual([]);
  });

  it('adds and removes members once each', async () => {
    expect(await file.addToCohort('trips', 'beta', ['7', '8', '7'])).toEqual({ changed: true, members: 2 });
    expect(await file.addToCohort('trips', 'beta', ['8'])).toEqual({ changed: false, members: 2 });
    expect(await file.removeFromCohort('trips', 'beta', ['7', '9'])).toEqual({ changed: true, members: 1 });
    expect(await file.cohortMembers('trips', 'beta')).toEqual(['8']);
  });

  it('kills and revives a unit, and leaves every other feature and field alone', async () => {
    await writeFile(file.path, JSON.stringify(recordedFeatures()));
    await file.setKilled('trips', true);
    const [gate, ...others] = (await file.read()).features;
    expect(gate?.enabled).toBe(false);
    expect(others).toEqual(recordedFeatures().features.slice(1));
    expect(await file.setKilled('trips', false)).toEqual({ changed: true });
    expect(await file.read()).toEqual(recordedFeatures());
  });

  it('writes nothing in a dry run and leaves no temporary file', async () => {
    expect(await file.addToCohort('trips', 'beta', ['7'], { dryRun: true })).toEqual({ changed: true, members: 1 });
    expect(await readdir(directory)).toEqual([]);
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

  it('refuses a broken file and a cohort that is not a list, and changes neither', async () => {
    await writeFile(file.path, '{"features":');
    await expect(file.setKilled('trips', true)).rejects.toMatchObject({ code: 'FLAGS_INVALID' });
    await writeFile(file.path, JSON.stringify(recordedFeatures()));
    await expect(file.addToCohort('trips', 'staff', ['1'])).rejects.toMatchObject({ code: 'FLAGS_COHORT_UNKNOWN' });
    await expect(file.addToCohort('trips', 'everyone', ['1'])).rejects.toMatchObject({ code: 'FLAGS_COHORT_UNKNOWN' });
    expect(await file.read()).toEqual(recordedFeatures());
  });
});
