import { cutoverErrors, type Plan } from '../cutover/index.ts';

/** The one with this name. Throws UNIT_UNKNOWN with the names there are. */
export function unitOf<T extends { readonly plan: Plan }>(units: readonly T[], name: string): T {
  const found = units.find(({ plan }) => plan.unit === name);
  if (found) return found;
  const known = units.map(({ plan }) => plan.unit).join(', ');
  throw cutoverErrors.error('UNIT_UNKNOWN', { message: `there is no unit "${name}"; known: ${known}` });
}
