import { cutoverErrors } from '../errors.ts';
import type { UnitRecord } from './unit-record.ts';

/** With writers on both sides there is no position at which one of them is the mapping of the other. Throws VERIFY_DIRECTION. */
export function requireOneOwner({ unit, cohorts }: UnitRecord): void {
  if (!cohorts) return;
  throw cutoverErrors.error('VERIFY_DIRECTION', {
    message: `${unit} cannot be verified while the service owns the rows of ${Object.keys(cohorts).join(', ')}`,
    fix: 'return the cohorts first; each handover compares all rows of its own cohort',
  });
}
