/** The gate of a unit. Switched off, it takes every subject of the unit back to legacy. */
export function unitFlag(unit: string): string {
  return `banyan.${unit}`;
}

/** Whether a flag is the unit's: its gate, or a cohort, also one that no plan names any more. */
export function isFlagOf(unit: string, flag: string): boolean {
  return flag === unitFlag(unit) || flag.startsWith(`${unitFlag(unit)}.`);
}

/** Membership in a cohort of the unit. */
export function cohortFlag(unit: string, cohort: string): string {
  return `banyan.${unit}.${cohort}`;
}
