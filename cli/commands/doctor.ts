import { inspectSource, inspectTarget } from '../../cdc/index.ts';
import { loadUnits, type Unit } from '../../cutover/index.ts';
import { messageOf, readSettings, type Problem } from '../../shared/index.ts';
import type { Context } from '../context.ts';
import { cliErrors } from '../errors.ts';
import { upSettings } from '../settings.ts';
import { print, table } from '../terminal.ts';

/** Every precondition of a run, checked on the live systems; all problems in one list, nothing changed. */
export async function doctor(context: Context): Promise<void> {
  const settings = readSettings(upSettings, context.env);
  const units = await loadUnits(settings.BANYAN_PLANS, context.env);
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

/** Both databases of a unit in both directions, and its service. */
export async function checkUnit(unit: Unit, legacyDatabaseUrl: string): Promise<Problem[]> {
  const { dataOwnership, service } = unit.plan;
  const { forward, inverse } = unit.mapping;
  const legacy = { url: legacyDatabaseUrl, ...dataOwnership.legacy };
  const extracted = { url: service.database, ...dataOwnership.service };
  const found = await Promise.all([
    checkAnswers(`service of ${unit.plan.unit}`, `${service.url.replace(/\/$/, '')}/healthz`),
    inspectSource({ ...legacy }),
    inspectTarget({ ...extracted, source: legacy, maps: forward }),
    inspectSource({ ...extracted }),
    inspectTarget({ ...legacy, source: extracted, maps: inverse }),
  ]);
  return dedupe(found.flat());
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
