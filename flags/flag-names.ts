/** The gate of a unit. Switched off, it takes every subject of the unit back to legacy. */
export function unitFlag(unit: string): string {
  return `banyan.${unit}`;
}

/** Membership in a cohort of the unit. */
export function cohortFlag(unit: string, cohort: string): string {
  return `banyan.${unit}.${cohort}`;
}
