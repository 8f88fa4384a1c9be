import { adding, editedCohort, membersOf, refuseEveryone, removing, type MemberEdit } from '../cohort-edit.ts';
import { membersIn } from '../cohort-list.ts';
import { flagErrors } from '../errors.ts';
import type { Feature, FeatureSet } from '../feature-set.ts';
import type { ChangeOptions, FlagChange, FlagEditor } from '../flag-editor.ts';
import { cohortFlag, unitFlag } from '../flag-names.ts';
import { flagsOfUnit } from '../unit-flags.ts';
import { AdminClient, type AdminStrategy } from './admin-client.ts';
import { fromAdmin, LIST_SIZE, toAdmin } from './admin-feature.ts';
import type { UnleashPlace } from './unleash-place.ts';

/** Unleash cannot change a flag under a condition, so a change is looked at afterwards and made again when it is gone. */
const ATTEMPTS = 5;

/** The flags of one environment of an Unleash server, edited so that its own pages show and change the same. */
export class UnleashEditor implements FlagEditor {
  readonly name: string;
  readonly #admin: AdminClient;

  constructor(place: UnleashPlace) {
    this.name = `Unleash at ${place.url}, project ${place.project}, ${place.environment}`;
    this.#admin = new AdminClient(place);
  }

  async find(names: readonly string[]): Promise<FeatureSet> {
    const found = await Promise.all(names.map((name) => this.#find(name)));
    return { version: 2, features: found.filter((feature) => feature !== undefined) };
  }

  async createUnit(unit: string, cohorts: readonly string[], options: ChangeOptions = {}): Promise<FlagChange> {
    const wanted = flagsOfUnit(unit, cohorts);
    const { features } = await this.find(wanted.map(({ name }) => name));
    const known = new Set(features.map(({ name }) => name));
    const missing = wanted.filter(({ name }) => !known.has(name));
    if (!options.dryRun) for (const flag of missing) await this.#create(flag, unit);
    return { changed: missing.length > 0 };
  }

  addToCohort(unit: string, cohort: string, ids: readonly string[], o?: ChangeOptions): Promise<FlagChange> {
    return this.#changeMembers(unit, cohort, adding(ids), o);
  }

  removeFromCohort(unit: string, cohort: string, ids: readonly string[], o?: ChangeOptions): Promise<FlagChange> {
    return this.#changeMembers(unit, cohort, removing(ids), o);
  }

  async cohortMembers(unit: string, cohort: string): Promise<readonly string[]> {
    return membersOf(await this.find([cohortFlag(unit, cohort)]), unit, cohort);
  }

  /** A flag that does not exist is off: there is nothing to switch off, and nothing that could be switched on. */
  async setKilled(unit: string, killed: boolean, options: ChangeOptions = {}): Promise<FlagChange> {
    const gate = killed ? await this.#find(unitFlag(unit)) : await this.#existing(unitFlag(unit));
    const changed = gate !== undefined && gate.enabled === killed;
    if (changed && !options.dryRun) await this.#admin.turn(gate.name, !killed);
    return { changed };
  }

  async #changeMembers(unit: string, cohort: string, edit: MemberEdit, { dryRun = false }: ChangeOptions = {}) {
    refuseEveryone(cohort);
    const name = cohortFlag(unit, cohort);
    let changed = false;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = await this.#existing(name);
      const after = editedCohort(before, edit, LIST_SIZE);
      const members = membersIn(after)?.length ?? 0;
      if (!isChanged(before, after)) return { changed, members };
      if (dryRun) return { changed: true, members };
      await this.#write(before, after);
      changed = true;
    }
    throw flagErrors.error('FLAGS_CONFLICT', { message: `${name} changed ${ATTEMPTS} times during one edit` });
  }

  /** Additions first: nobody who stays a member is out of the cohort for a moment. */
  async #write(before: Feature, after: Feature): Promise<void> {
    const known = new Map(before.strategies.map((strategy) => [idOf(strategy), JSON.stringify(strategy)]));
    for (const strategy of after.strategies) {
      const id = idOf(strategy);
      if (id === undefined) await this.#admin.addStrategy(after.name, toAdmin(strategy));
      else if (known.get(id) !== JSON.stringify(strategy))
        await this.#admin.changeStrategy(after.name, id, toAdmin(strategy));
    }
    const kept = new Set(after.strategies.map(idOf));
    for (const id of known.keys()) if (id && !kept.has(id)) await this.#admin.removeStrategy(after.name, id);
  }

  /** Its strategies come before it is switched on: without any it would be on for everybody. */
  async #create({ name, type = 'release', strategies }: Feature, unit: string): Promise<void> {
    await this.#admin.create({ name, type: String(type), description: `Read by Banyan for the unit ${unit}.` });
    for (const strategy of strategies) await this.#admin.addStrategy(name, toAdmin(strategy));
    await this.#admin.turn(name, true);
  }

  async #find(name: string): Promise<Feature | undefined> {
    const found = await this.#admin.feature(name);
    return found && fromAdmin(found, this.#admin.place);
  }

  async #existing(name: string): Promise<Feature> {
    const found = await this.#find(name);
    if (found) return found;
    throw flagErrors.error('FLAGS_MISSING', { message: `${this.name} has no flag ${name}` });
  }
}

function idOf(strategy: object): string | undefined {
  return (strategy as Partial<AdminStrategy>).id;
}

function isChanged(before: Feature, after: Feature): boolean {
  return JSON.stringify(before.strategies) !== JSON.stringify(after.strategies);
}
