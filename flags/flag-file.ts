import { readFile } from 'node:fs/promises';
import { replaceFile } from '../shared/index.ts';
import { addMembers, membersOf, removeMembers, withGate, withUnit } from './cohort-edit.ts';
import { flagErrors } from './errors.ts';
import { emptyFeatureSet, parseFeatureSet, type FeatureSet } from './feature-set.ts';

export interface FlagChange {
  /** False when the file already said so. */
  readonly changed: boolean;
  readonly members?: number;
}

interface ChangeOptions {
  /** Says what would change and writes nothing. */
  readonly dryRun?: boolean;
}

const ATTEMPTS = 5;

/** The operator's editor of a flag file. Features it does not know stay untouched; writes are atomic. */
export class FlagFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async read(): Promise<FeatureSet> {
    const text = await this.#text();
    return text === undefined ? emptyFeatureSet : parseFeatureSet(text, this.path);
  }

  /** Adds the gate (on) and the cohorts (empty) of a unit where they are missing. */
  createUnit(unit: string, cohorts: readonly string[], options?: ChangeOptions): Promise<FlagChange> {
    return this.#change((set) => withUnit(set, unit, cohorts), options);
  }

  addToCohort(unit: string, cohort: string, ids: readonly string[], o?: ChangeOptions): Promise<FlagChange> {
    return this.#change((set) => addMembers(set, unit, cohort, ids), o, [unit, cohort]);
  }

  removeFromCohort(unit: string, cohort: string, ids: readonly string[], o?: ChangeOptions): Promise<FlagChange> {
    return this.#change((set) => removeMembers(set, unit, cohort, ids), o, [unit, cohort]);
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
