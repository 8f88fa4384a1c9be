import {
  checkSource,
  checkTarget,
  inspectConnector,
  inspectTopics,
  type CheckItem,
  type InspectSourceOptions,
  type InspectTargetOptions,
} from '../../cdc/index.ts';
import { loadUnits, readSubjects, type Unit } from '../../cutover/index.ts';
import { messageOf, readSettings, type Problem } from '../../shared/index.ts';
import { brokersOf } from '../change-sources.ts';
import { checkFlags } from '../check-flags.ts';
import { checkSubjects } from '../check-subjects.ts';
import type { Context } from '../context.ts';
import { cliErrors } from '../errors.ts';
import { upSettings } from '../settings.ts';
import { sidesOf } from '../sides-of.ts';
import { print, table } from '../terminal.ts';
import { unitOf } from '../unit-of.ts';

const doctorSettings = {
  ...upSettings,
  CONNECT_URL: {
    type: 'string',
    default: '',
    help: 'REST interface of Kafka Connect; empty means it is not looked at',
  },
} as const;

/** Where changes travel when they do not come from the log itself. */
interface Pipeline {
  readonly brokers: readonly string[];
  readonly connectUrl: string;
}

/** Every precondition of a run, checked on the live systems; all in one list, nothing changed. */
export async function doctor(context: Context, only: string | undefined, flags: { all?: boolean }): Promise<void> {
  const settings = readSettings(doctorSettings, context.env);
  const all = await loadUnits(settings.BANYAN_PLANS, context.env);
  const units = only === undefined ? all : [unitOf(all, only)];
  const brokers = brokersOf(settings);
  const pipeline = { brokers, connectUrl: settings.CONNECT_URL };
  const found = await Promise.all([
    checkAnswers('LEGACY_URL', settings.LEGACY_URL),
    checkSubjects(readSubjects(settings.BANYAN_PLANS, context.env), settings.SESSION_SECRET),
    checkFlags(settings, units),
    ...units.map((unit) => checkUnit(unit, settings.LEGACY_DATABASE_URL, pipeline)),
  ]);
  const items = dedupe(found.flat());
  const of = (verdict: CheckItem['verdict']): CheckItem[] => items.filter((item) => item.verdict === verdict);
  const [problems, warnings, unknown] = [of('problem'), of('warning'), of('unknown')];
  const result = { units: units.map((unit) => unit.plan.unit), problems, warnings, unknown };
  const shown = flags.all ? [...problems, ...warnings, ...unknown, ...of('ok')] : [...problems, ...warnings];
  print(context.output, flags.all ? { ...result, ok: of('ok') } : result, describe(units.length, items, shown));
  if (problems.length > 0) throw cliErrors.error('DOCTOR_FOUND', { message: `${problems.length} problem(s) found` });
}

function describe(units: number, items: readonly CheckItem[], shown: readonly CheckItem[]): string {
  const count = (verdict: CheckItem['verdict']): number => items.filter((item) => item.verdict === verdict).length;
  const head = `${units} unit(s) checked, ${count('problem') === 0 ? 'no problems' : `${count('problem')} problem(s)`}`;
  const rest = `${items.length} checks: ${count('ok')} ok, ${count('warning')} warning(s), ${count('unknown')} not visible to this account (--all)`;
  const rows = shown.map(({ verdict, subject, value, expected, fix }) => [verdict, subject, value, expected, fix]);
  if (rows.length === 0) return `${head}\n${rest}`;
  return `${head}\n${rest}\n${table(['', 'WHAT', 'IS', 'EXPECTED', 'FIX'], rows)}`;
}

/** Both databases of a unit in both directions, what lies between them, and its service. */
async function checkUnit(unit: Unit, legacyDatabaseUrl: string, pipeline: Pipeline): Promise<CheckItem[]> {
  const { plan } = unit;
  const found = await Promise.all([
    checkAnswers(`service of ${plan.unit}`, `${plan.service.url.replace(/\/$/, '')}/healthz`),
    checkBothWays(unit, legacyDatabaseUrl, pipeline.brokers.length > 0),
    checkPipeline(unit, legacyDatabaseUrl, pipeline),
  ]);
  return found.flat();
}

/** What the streams of a unit need. Without it nothing may start; a service that is down must not keep the edge down. */
export async function checkDatabases(unit: Unit, legacyDatabaseUrl: string, isKafka: boolean): Promise<Problem[]> {
  const items = await checkBothWays(unit, legacyDatabaseUrl, isKafka);
  const problems = items.filter(({ verdict }) => verdict === 'problem');
  return dedupe(problems.map(({ subject, value, expected, fix }) => ({ subject, value, expected, fix })));
}

async function checkBothWays(
  { plan, mapping }: Unit,
  legacyDatabaseUrl: string,
  isKafka: boolean,
): Promise<CheckItem[]> {
  const { forward, inverse, zeroDates } = mapping;
  const throughKafka = isKafka ? { throughKafka: { zeroDates } } : {};
  const sides = sidesOf(plan, legacyDatabaseUrl);
  const legacy = { ...sides.legacy, ...throughKafka };
  const extracted = { ...sides.service, ...throughKafka };
  const service = `service ${plan.service.name}`;
  const there = { maps: forward, inverse, declared: mapping, direction: 'forward' } as const;
  const back = { maps: inverse, inverse: forward, declared: mapping, direction: 'reverse' } as const;
  const [first, second] = await Promise.all([
    checkDirection(legacy, extracted, there),
    checkDirection(extracted, legacy, back),
  ]);
  return [...named(first, 'legacy', service), ...named(second, service, 'legacy')];
}

async function checkDirection(
  source: InspectSourceOptions,
  target: InspectSourceOptions,
  way: Pick<InspectTargetOptions, 'maps' | 'inverse' | 'declared' | 'direction'>,
): Promise<CheckItem[]> {
  const found = await Promise.all([checkSource(source), checkTarget({ ...target, source, ...way })]);
  return found.flat();
}

/** Topics and connectors of both directions, where they are in use. */
async function checkPipeline(
  { plan }: Unit,
  legacyDatabaseUrl: string,
  { brokers, connectUrl }: Pipeline,
): Promise<CheckItem[]> {
  if (brokers.length === 0) return [];
  const { legacy, service } = plan.dataOwnership;
  const both = [
    { direction: 'forward', databaseUrl: legacyDatabaseUrl, ...legacy },
    { direction: 'reverse', databaseUrl: plan.service.database, ...service },
  ] as const;
  const found = both.map(async (side) => {
    const facts = { ...side, unit: plan.unit, mode: 'ordered', kind: 'mariadb', bootstrap: brokers.join(',') } as const;
    const topics = await inspectTopics({ ...facts, brokers });
    return connectUrl === '' ? topics : [...topics, ...(await inspectConnector({ ...facts, connectUrl }))];
  });
  return (await Promise.all(found)).flat();
}

/** Each server is a source and a target; whoever has to change it knows it by its side. */
function named(items: readonly CheckItem[], source: string, target: string): CheckItem[] {
  return items.map((item) => ({
    ...item,
    subject: item.subject.replace(/^source /, `${source} `).replace(/^target /, `${target} `),
  }));
}

function dedupe<T extends object>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

async function checkAnswers(subject: string, url: string): Promise<CheckItem[]> {
  const expected = 'an HTTP answer below 500';
  const bad = (value: string, fix: string): CheckItem[] => [{ verdict: 'problem', subject, value, expected, fix }];
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000), redirect: 'manual' });
    await response.body?.cancel();
    const value = `answering ${response.status}`;
    return response.status < 500
      ? [{ verdict: 'ok', subject, value, expected, fix: '' }]
      : bad(value, `repair ${new URL(url).host}`);
  } catch (error) {
    return bad(`unreachable (${messageOf(error)})`, `start what should answer at ${new URL(url).host}`);
  }
}
