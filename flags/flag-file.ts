import { readFile } from 'node:fs/promises';
import { replaceFile } from '../shared/index.ts';
import { adding, membersOf, removing, withCohort, withGate, withUnit } from './cohort-edit.ts';
import { flagErrors } from './errors.ts';
import type { ChangeOptions, FlagChange, FlagEditor } from './flag-editor.ts';
import { emptyFeatureSet, parseFeatureSet, type FeatureSet } from './feature-set.ts';

const ATTEMPTS = 5;

/** The flags of a file in Unleash's format. Features it does not know stay untouched; writes are atomic. */
export class FlagFile implements FlagEditor {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get name(): string {
    return this.path;
  }

  async find(names: readonly string[]): Promise<FeatureSet> {
    const set = await this.read();
    return { ...set, features: set.features.filter(({ name }) => names.includes(name)) };
  }

  async read(): Promise<FeatureSet> {
    const text = await this.#text();
    return text === undefined ? emptyFeatureSet : parseFeatureSet(text, this.path);
  }

  createUnit(unit: string, cohorts: readonly string[], options?: ChangeOptions): Promise<FlagChange> {
    return this.#change((set) => withUnit(set, unit, cohorts), options);
  }

  addToCohort(unit: string, cohort: string, ids: readonly string[], o?: ChangeOptions): Promise<FlagChange> {
    return this.#change((set) => withCohort(set, unit, cohort, adding(ids)), o, [unit, cohort]);
  }

  removeFromCohort(unit: string, cohort: string, ids: readonly string[], o?: ChangeOptions): Promise<FlagChange> {
    return this.#change((set) => withCohort(set, unit, cohort, removing(ids)), o, [unit, cohort]);
  }

  async cohortMembers(unit: string, cohort: string): Promise<readonly string[]> {
    return membersOf(await this.read(), unit, cohort);
  }

  setKilled(unit: string, killed: boolean, options?: ChangeOptions): Promise<FlagChange> {
    return this.#change((set) => withGate(set, unit, !killed), options);
  }

  /** Reads, edits and replaces; starts again when someone else wrote in between, so that no change is lost. */
  async #change(
    edit: (set: FeatureSet) => FeatureSet,
    options: ChangeOptions = {},
    cohort?: readonly [unit: string, cohort: string],
  ): Promise<FlagChange> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = await this.#text();
      const old = before === undefined ? emptyFeatureSet : parseFeatureSet(before, this.path);
      const set = edit(old);
      const text = `${JSON.stringify(set, null, 2)}\n`;
      const changed = text !== `${JSON.stringify(old, null, 2)}\n`;
      const members = cohort && { members: membersOf(set, ...cohort).length };
      if (!changed || options.dryRun || (await this.#replace(before, text))) return { changed, ...members };
    }
    throw flagErrors.error('FLAGS_CONFLICT', { message: `${this.path} changed ${ATTEMPTS} times during one edit` });
  }

  #replace(before: string | undefined, text: string): Promise<boolean> {
    return replaceFile(this.path, text, { isStillWanted: async () => (await this.#text()) === before });
  }

  async #text(): Promise<string | undefined> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}
