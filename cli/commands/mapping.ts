import { checkMapping, type MappingCheck, type MappingFinding } from '../../cdc/index.ts';
import { loadUnits } from '../../cutover/index.ts';
import { readSettings } from '../../shared/index.ts';
import type { Context } from '../context.ts';
import { cliErrors } from '../errors.ts';
import { upSettings } from '../settings.ts';
import { sidesOf } from '../sides-of.ts';
import { print, Progress, table } from '../terminal.ts';
import { unitOf } from '../unit-of.ts';

const mappingSettings = {
  LEGACY_DATABASE_URL: upSettings.LEGACY_DATABASE_URL,
  BANYAN_PLANS: upSettings.BANYAN_PLANS,
} as const;

export interface MappingFlags {
  readonly direction?: 'forward' | 'reverse';
  /** About how many rows of each table; all when absent. */
  readonly sample?: number;
}

/** Sends the rows of a unit there and back through its mapping and says what does not hold. Changes nothing. */
export async function mappingCheck(context: Context, name: string, flags: MappingFlags): Promise<void> {
  const settings = readSettings(mappingSettings, context.env);
  const unit = unitOf(await loadUnits(settings.BANYAN_PLANS, context.env), name);
  const progress = new Progress(process.stderr);
  const check = await checkMapping({
    mapping: unit.mapping,
    ...sidesOf(unit.plan, settings.LEGACY_DATABASE_URL),
    direction: flags.direction ?? 'forward',
    ...(flags.sample === undefined ? {} : { sampleRows: flags.sample }),
    onProgress: ({ table: at, rows, total }) => progress.show(`mapping ${name} ${at}`, rows, total),
    signal: context.signal,
  });
  progress.end();
  print(context.output, { unit: name, ...check }, describe(name, check));
  refuse(name, check, context.signal.aborted);
}

function refuse(name: string, { findings, isMeasured }: MappingCheck, wasInterrupted: boolean): void {
  if (wasInterrupted)
    throw cliErrors.error('CLI_INTERRUPTED', { message: `the check of ${name} did not see every row` });
  const problems = findings.filter(({ severity }) => severity === 'problem').length;
  if (problems > 0)
    throw cliErrors.error('MAPPING_REFUSED', { message: `the mapping of ${name} has ${problems} problem(s)` });
  if (!isMeasured)
    throw cliErrors.error('MAPPING_REFUSED', { message: `the columns that ${name} is mapped to were not tried` });
}

function describe(name: string, check: MappingCheck): string {
  const { direction, rows, ms, findings, isComplete, tables } = check;
  const problems = findings.filter(({ severity }) => severity === 'problem').length;
  const what = isComplete ? 'every row' : 'a sample';
  const head = `${name} ${direction}: ${rows} rows (${what}) there and back in ${(ms / 1000).toFixed(1)} s, ${problems} problem(s), ${findings.length - problems} warning(s)`;
  const notes = tables.flatMap(({ table: at, filtered, untouched, lossy }) => [
    ...(filtered > 0 ? [`${at}: ${filtered} rows stay where they are, the mapping leaves them out`] : []),
    ...(untouched.length > 0 ? [`${at}: kept untouched by a rollback: ${untouched.join(', ')}`] : []),
    ...lossy.map(({ column, reason, rows: lost }) => `${at}.${column}: does not come back for ${lost} rows: ${reason}`),
  ]);
  if (findings.length === 0) return [head, ...notes].join('\n');
  return [head, ...notes, table(['', 'WHAT', 'ROWS', 'IS', 'FIX'], findings.map(lineOf))].join('\n');
}

function lineOf({
  severity,
  blocksRollback,
  subject,
  rows,
  message,
  because,
  fix,
}: MappingFinding): (string | number)[] {
  const verdict = severity === 'warning' ? 'warning' : blocksRollback ? 'rollback blocked by' : 'refused';
  const values = because?.values.map(
    ({ value, rows: count }) => `${value === null ? 'NULL' : `'${String(value)}'`} (${count})`,
  );
  return [verdict, subject, rows, values ? `${message}: ${because?.column} ${values.join(', ')}` : message, fix];
}
