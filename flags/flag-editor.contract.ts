import { beforeEach, describe, expect, it } from '@jest/globals';
import type { FlagEditor } from './flag-editor.ts';

/** A place where flags are edited, empty of the unit it is asked for. */
export interface EditedPlace {
  readonly editor: FlagEditor;
  /** A unit nobody used there before. */
  readonly unit: string;
  /** Makes the unit's cohort one that is no list of ids. */
  spoilCohort(cohort: string): Promise<void>;
}

/** The promises of the FlagEditor port, the same for every implementation. */
export function describeFlagEditor(name: string, open: () => Promise<EditedPlace>): void {
  describe(`${name}, as an editor of flags,`, () => {
    let place: EditedPlace;
    let editor: FlagEditor;
    let unit: string;
    beforeEach(async () => {
      place = await open();
      ({ editor, unit } = place);
    });

    const flags = async (): Promise<[string, boolean][]> => {
      const { features } = await editor.find([`banyan.${unit}`, `banyan.${unit}.beta`, `banyan.${unit}.everyone`]);
      return features.map((feature) => [feature.name.slice(unit.length + 7), feature.enabled]);
    };

    it('makes the flags of a unit once, its gate on and its cohorts empty', async () => {
      expect(await editor.createUnit(unit, ['beta', 'everyone'])).toEqual({ changed: true });
      expect(await editor.createUnit(unit, ['beta', 'everyone'])).toEqual({ changed: false });
      expect(await flags()).toEqual([
        ['', true],
        ['.beta', true],
      ]);
      expect(await editor.cohortMembers(unit, 'beta')).toEqual([]);
    });

    it('adds and removes members once each, and can have none again', async () => {
      await editor.createUnit(unit, ['beta']);
      expect(await editor.addToCohort(unit, 'beta', ['7', '8', '7'])).toEqual({ changed: true, members: 2 });
      expect(await editor.addToCohort(unit, 'beta', ['8'])).toEqual({ changed: false, members: 2 });
      expect(await editor.removeFromCohort(unit, 'beta', ['7', '9'])).toEqual({ changed: true, members: 1 });
      expect(await editor.cohortMembers(unit, 'beta')).toEqual(['8']);
      expect(await editor.removeFromCohort(unit, 'beta', ['8'])).toEqual({ changed: true, members: 0 });
      expect(await editor.cohortMembers(unit, 'beta')).toEqual([]);
    });

    it('keeps a cohort of many', async () => {
      const ids = Array.from({ length: 600 }, (_, i) => `user-${i}`);
      await editor.createUnit(unit, ['beta']);
      expect(await editor.addToCohort(unit, 'beta', ids)).toEqual({ changed: true, members: 600 });
      expect(new Set(await editor.cohortMembers(unit, 'beta'))).toEqual(new Set(ids));
      expect(await editor.removeFromCohort(unit, 'beta', ids.slice(1))).toEqual({ changed: true, members: 1 });
      expect(await editor.cohortMembers(unit, 'beta')).toEqual(['user-0']);
    });

    it('kills and revives a unit', async () => {
      await editor.createUnit(unit, []);
      expect(await editor.setKilled(unit, true)).toEqual({ changed: true });
      expect(await editor.setKilled(unit, true)).toEqual({ changed: false });
      expect(await flags()).toEqual([['', false]]);
      expect(await editor.setKilled(unit, false)).toEqual({ changed: true });
      expect(await flags()).toEqual([['', true]]);
    });

    it('writes nothing in a dry run', async () => {
      expect(await editor.createUnit(unit, ['beta'], { dryRun: true })).toEqual({ changed: true });
      expect(await flags()).toEqual([]);
      await editor.createUnit(unit, ['beta']);
      expect(await editor.addToCohort(unit, 'beta', ['7'], { dryRun: true })).toEqual({ changed: true, members: 1 });
      expect(await editor.setKilled(unit, true, { dryRun: true })).toEqual({ changed: true });
      expect(await editor.cohortMembers(unit, 'beta')).toEqual([]);
      expect(await flags()).toContainEqual(['', true]);
    });

    it('refuses to edit a cohort that is no list, and everyone', async () => {
      await editor.createUnit(unit, ['beta']);
      await place.spoilCohort('beta');
      await expect(editor.addToCohort(unit, 'beta', ['1'])).rejects.toMatchObject({ code: 'FLAGS_COHORT_UNKNOWN' });
      await expect(editor.addToCohort(unit, 'everyone', ['1'])).rejects.toMatchObject({ code: 'FLAGS_COHORT_UNKNOWN' });
    });
  });
}
