import type { Unit } from '../cutover/index.ts';
import { checkDatabases } from './commands/doctor.ts';
import { cliErrors } from './errors.ts';

/** The checks of the databases before a start. Throws DOCTOR_FOUND with all problems; nothing was changed then. */
export async function refuseProblems(units: readonly Unit[], legacyDatabaseUrl: string): Promise<void> {
  const problems = (await Promise.all(units.map((unit) => checkDatabases(unit, legacyDatabaseUrl)))).flat();
  if (problems.length === 0) return;
  const lines = problems.map((p) => `${p.subject} is ${p.value}; expected ${p.expected}. Fix: ${p.fix}`);
  throw cliErrors.error('DOCTOR_FOUND', { message: `nothing was started or changed:\n${lines.join('\n')}` });
}
