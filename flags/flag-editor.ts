import type { FeatureSet } from './feature-set.ts';

/**
 * The operator's hand on the flags: a flag file, or Unleash through its admin API. Everything can be repeated without
 * harm. What exists is never made anew and never switched on except by `setKilled(unit, false)`.
 */
export interface FlagEditor {
  /** For messages: a path, or which environment of which server. */
  readonly name: string;
  /** Those of the named flags that exist. */
  find(names: readonly string[]): Promise<FeatureSet>;
  /** Adds the gate (on) and the cohorts (empty) of a unit where they are missing. */
  createUnit(unit: string, cohorts: readonly string[], options?: ChangeOptions): Promise<FlagChange>;
  addToCohort(unit: string, cohort: string, ids: readonly string[], options?: ChangeOptions): Promise<FlagChange>;
  removeFromCohort(unit: string, cohort: string, ids: readonly string[], options?: ChangeOptions): Promise<FlagChange>;
  cohortMembers(unit: string, cohort: string): Promise<readonly string[]>;
  /** Switches the gate of a unit off or on again. */
  setKilled(unit: string, killed: boolean, options?: ChangeOptions): Promise<FlagChange>;
}

export interface FlagChange {
  /** False when everything was so already. */
  readonly changed: boolean;
  readonly members?: number;
}

export interface ChangeOptions {
  /** Says what would change and writes nothing. */
  readonly dryRun?: boolean;
}
