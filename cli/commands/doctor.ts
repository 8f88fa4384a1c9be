import { inspectSource, inspectTarget, type TableMaps } from '../../cdc/index.ts';
import { cutoverErrors, loadUnits, type Unit } from '../../cutover/index.ts';
import { messageOf, readSettings, type Problem } from '../../shared/index.ts';
import type { Context } from '../context.ts';
import { cliErrors } from '../errors.ts';
import { upSettings } from '../settings.ts';
import { print, table } from '../terminal.ts';

/** Every precondition of a run, checked on the live systems; all problems in one list, nothing changed. */
export async function doctor(context: Context, only?: string): Promise<void> {
  const settings = readSettings(upSettings, context.env);
  const units = chosen(await loadUnits(settings.BANYAN_PLANS, context.env), only);
  const found = await Promise.all([
    checkAnswers('LEGACY_URL', settings.LEGACY_URL),
    ...units.map((unit) => checkUnit(unit, settings.LEGACY_DATABASE_URL)),
  ]);
  const problems = found.flat();
  const rows = problems.map(({ subject, value, expected, fix }) => [subject, value, expected, fix]);
  const text =
    rows.length === 0 ? `${units.length} unit(s) checked, no problems` : table(['WHAT', 'IS', 'EXPECTED', 'FIX'], rows);
  print(context.output, { units: units.map((unit) => unit.plan.unit), problems }, text);
  if (problems.length > 0) throw cliErrors.error('DOCTOR_FOUND', { message: `${problems.length} problem(s) found` });
}

function chosen(units: readonly Unit[], only: string | undefined): readonly Unit[] {
  const found = units.filter(({ plan }) => only === undefined || plan.unit === only);
  if (found.length > 0) return found;
  const known = units.map(({ plan }) => plan.unit).join(', ');
  throw cutoverErrors.error('UNIT_UNKNOWN', { message: `there is no unit "${only}"; known: ${known}` });
}

/** Both databases of a unit in both directions, and its service. */
async function checkUnit(unit: Unit, legacyDatabaseUrl: string): Promise<Problem[]> {
  const { plan } = unit;
  const found = await Promise.all([
    checkAnswers(`service of ${plan.unit}`, `${plan.service.url.replace(/\/$/, '')}/healthz`),
    checkDatabases(unit, legacyDatabaseUrl),
  ]);
  return found.flat();
}

/** What the streams of a unit need. Without it nothing may start; a service that is down must not keep the edge down. */
export async function checkDatabases({ plan, mapping }: Unit, legacyDatabaseUrl: string): Promise<Problem[]> {
  const legacy = { url: legacyDatabaseUrl, ...plan.dataOwnership.legacy };
  const extracted = { url: plan.service.database, ...plan.dataOwnership.service };
  const service = `service ${plan.service.name}`;
  const [forward, back] = await Promise.all([
    inspectDirection(legacy, extracted, mapping.forward),
    inspectDirection(extracted, legacy, mapping.inverse),
  ]);
  return dedupe([...named(forward, 'legacy', service), ...named(back, service, 'legacy')]);
}

type Database = Parameters<typeof inspectSource>[0];

async function inspectDirection(source: Database, target: Database, maps: TableMaps): Promise<Problem[]> {
  const found = await Promise.all([inspectSource(source), inspectTarget({ ...target, source, maps })]);
  return found.flat();
}

/** Each server is a source and a target; whoever has to change it knows it by its side. */
function named(problems: readonly Problem[], source: string, target: string): Problem[] {
  return problems.map((problem) => ({
    ...problem,
    subject: problem.subject.replace(/^source /, `${source} `).replace(/^target /, `${target} `),
  }));
}

function dedupe(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

async function checkAnswers(subject: string, url: string): Promise<Problem[]> {
  const expected = 'an HTTP answer below 500';
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000), redirect: 'manual' });
    await response.body?.cancel();
    return response.status < 500
      ? []
      : [{ subject, value: `answering ${response.status}`, expected, fix: `repair ${new URL(url).host}` }];
  } catch (error) {
    return [
      {
        subject,
        value: `unreachable (${messageOf(error)})`,
        expected,
        fix: `start what should answer at ${new URL(url).host}`,
      },
    ];
  }
}
