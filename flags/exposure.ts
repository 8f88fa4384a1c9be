import { bucketOf } from './bucket.ts';
import { cohortFlag, unitFlag } from './flag-names.ts';
import type { FlagProvider } from './flag-provider.ts';
import type { Subject } from './subject.ts';

/** The cohort that needs no flag: every identified subject. */
export const EVERYONE = 'everyone';

/** Cohort → share of its subjects that may be exposed, in hundredths of a percent (0…10000). */
export type Ceilings = Readonly<Record<string, number>>;

export type Exposure =
  | { readonly exposed: true; readonly cohort: string; readonly bucket: number }
  | { readonly exposed: false; readonly reason: 'no-subject' | 'flag-off' | 'above-ceiling'; readonly bucket?: number };

export interface ExposureInput {
  readonly unit: string;
  readonly subject: Subject | undefined;
  readonly ceilings: Ceilings;
  readonly salt: string;
  readonly flags: FlagProvider;
  /** The subject's bucket, when the caller has it at hand. */
  readonly bucket?: number;
}

const NO_SUBJECT: Exposure = { exposed: false, reason: 'no-subject' };

/**
 * Exposed only if the unit's gate is on for the subject and one of its cohorts reaches the subject's bucket.
 * Every term can only take exposure away: no flag lifts a subject above the ceiling.
 */
export function exposureOf(input: ExposureInput): Exposure {
  const { unit, subject, ceilings, salt, flags } = input;
  if (subject === undefined) return NO_SUBJECT;
  const bucket = input.bucket ?? bucketOf(salt, subject.id);
  if (!flags.isEnabled(unitFlag(unit), subject)) return { exposed: false, reason: 'flag-off', bucket };
  for (const cohort in ceilings) {
    if (bucket < (ceilings[cohort] ?? 0) && isMember(unit, cohort, subject, flags))
      return { exposed: true, cohort, bucket };
  }
  return { exposed: false, reason: 'above-ceiling', bucket };
}

function isMember(unit: string, cohort: string, subject: Subject, flags: FlagProvider): boolean {
  return cohort === EVERYONE || flags.isEnabled(cohortFlag(unit, cohort), subject);
}

/** True when the unit's gate is off for everybody. A gate that does not exist is off. */
export function isKilled(unit: string, flags: FlagProvider): boolean {
  return flags.isOff(unitFlag(unit));
}
