import type { Unit } from '../cutover/index.ts';
import { brokersOf } from './change-sources.ts';
import { checkDatabases } from './commands/doctor.ts';
import { cliErrors } from './errors.ts';

/** The checks of the databases before a start. Throws DOCTOR_FOUND with all problems; nothing was changed then. */
export async function refuseProblems(
  units: readonly Unit[],
  settings: { readonly LEGACY_DATABASE_URL: string; readonly KAFKA_BROKERS: string },
): Promise<void> {
  const isKafka = brokersOf(settings).length > 0;
  const found = units.map((unit) => checkDatabases(unit, settings.LEGACY_DATABASE_URL, isKafka));
  const problems = (await Promise.all(found)).flat();
  if (problems.length === 0) return;
  const lines = problems.map((p) => `${p.subject} is ${p.value}; expected ${p.expected}. Fix: ${p.fix}`);
  throw cliErrors.error('DOCTOR_FOUND', { message: `nothing was started or changed:\n${lines.join('\n')}` });
}
