import { writeFileSync } from 'node:fs';
import { whyOf, type RunRecord, type RunStanding, type WireReport } from '../../cutover/index.ts';
import { valuesKey, type Sampling } from '../../edge/index.ts';
import { readSettings } from '../../shared/index.ts';
import { controlClient, intentOf, type ChangeFlags, type Context } from '../context.ts';
import { durationOf } from '../duration.ts';
import { cliErrors } from '../errors.ts';
import { openReport } from '../shadow-report/open-report.ts';
import { reportPage } from '../shadow-report/report-page.ts';
import { reportText, writesTable } from '../shadow-report/report-text.ts';
import { shadowValueSettings } from '../settings.ts';
import { print, table } from '../terminal.ts';

export interface ShadowStartFlags extends ChangeFlags {
  readonly name?: string;
  readonly for?: string;
  readonly samples?: string;
  readonly rate?: string;
  readonly subjects?: string;
  readonly perSecond?: string;
  readonly second?: string;
  readonly seed?: string;
  readonly route?: readonly string[];
}

/** Begins a run of mirroring. */
export async function shadowStart(context: Context, unit: string, flags: ShadowStartFlags): Promise<void> {
  const { who, reason } = intentOf(flags);
  const target = {
    ...(flags.samples !== undefined && { samples: numberOf('--samples', flags.samples) }),
    ...(flags.for !== undefined && { durationS: durationOf(flags.for) / 1000 }),
  };
  const asked = { who, reason, ...(flags.name && { name: flags.name }), target, sampling: samplingOf(flags) };
  const { result } = await controlClient(context).post<{ result: RunRecord }>(`${pathOf(unit)}/start`, asked);
  print(context.output, result, `run ${result.name} of ${unit} goes on; configuration ${result.digest.slice(0, 12)}`);
}

export async function shadowStop(context: Context, unit: string, flags: ChangeFlags): Promise<void> {
  const { who, reason } = intentOf(flags);
  const { result } = await controlClient(context).post<{ result: RunRecord }>(`${pathOf(unit)}/stop`, { who, reason });
  print(context.output, result, `run ${result.name} of ${unit} has ended`);
}

interface Runs {
  readonly runs: readonly RunRecord[];
  readonly last?: RunStanding;
}

/** Where the last run stands, route by route, and which runs there were. */
export async function shadowStatus(context: Context, unit: string): Promise<void> {
  const answer = await controlClient(context).get<Runs>(pathOf(unit));
  print(context.output, answer, statusText(unit, answer));
}

function statusText(unit: string, { runs, last }: Runs): string {
  if (!last) return `${unit} has no run yet`;
  const routes = last.routes.map((route) => [
    route.route,
    route.verdict,
    route.samples,
    route.mismatches,
    route.samples === 0 ? '-' : `${(100 * route.mismatchBound).toFixed(2)} %`,
    whyOf(route),
  ]);
  const listed = runs.map(({ name, startedAt, endedAt, end, who, digest }) => [
    name,
    new Date(startedAt).toISOString(),
    endedAt === undefined ? 'goes on' : (end ?? ''),
    who,
    digest.slice(0, 12),
  ]);
  return [
    `run ${last.run.name}: ${last.verdict}${last.isCurrent ? '' : ', under other rules than the plan’s'}`,
    table(['ROUTE', 'VERDICT', 'SAMPLES', 'MISMATCHES', 'BOUND', 'WHY'], routes),
    ...(last.writes.length > 0 ? [writesTable(last.writes)] : []),
    table(['RUN', 'SINCE (UTC)', 'STATE', 'WHO', 'CONFIGURATION'], listed),
  ].join('\n\n');
}

export interface ShadowReportFlags {
  readonly values?: boolean;
  readonly run?: string;
  readonly html?: string;
}

/** What a run has found: for a person, for a script, or as a page of its own. Exit code 1 when it failed. */
export async function shadowReport(context: Context, unit: string, flags: ShadowReportFlags): Promise<void> {
  const query = flags.run === undefined ? '' : `?run=${encodeURIComponent(flags.run)}`;
  const { report: sealed } = await controlClient(context).get<{ report: WireReport }>(`${pathOf(unit)}/report${query}`);
  const report = flags.values ? openReport(sealed, keyOfValues(context), Date.now()) : sealed;
  const isColoured = context.output.stream.isTTY && context.env['NO_COLOR'] === undefined;
  if (flags.html !== undefined) writeFileSync(flags.html, reportPage(report));
  print(context.output, report, reportText(report, isColoured));
  if (report.verdict === 'fail')
    throw cliErrors.error('CLI_REFUSED', {
      message: `run ${report.run.name} of ${unit} failed`,
      fix: 'repair the service, or forgive what is meant with: banyan shadow ignore',
    });
}

function keyOfValues({ env }: Context): Buffer {
  return valuesKey(readSettings(shadowValueSettings, env).BANYAN_SHADOW_KEY);
}

function samplingOf(flags: ShadowStartFlags): Partial<Sampling> {
  const { rate, subjects, perSecond, second, seed, route = [] } = flags;
  return {
    ...(rate !== undefined && { rate: shareOf('--rate', rate) }),
    ...(subjects !== undefined && { subjects: shareOf('--subjects', subjects) }),
    ...(perSecond !== undefined && { perSecond: numberOf('--per-second', perSecond) }),
    ...(second !== undefined && { secondControl: shareOf('--second', second) }),
    ...(seed !== undefined && { seed: numberOf('--seed', seed) }),
    ...(route.length > 0 && { routes: Object.fromEntries(route.map(routeShare)) }),
  };
}

/** `GET /api/trips=10`. */
function routeShare(text: string): [string, number] {
  const at = text.lastIndexOf('=');
  return [text.slice(0, Math.max(0, at)), shareOf('--route', text.slice(at + 1))];
}

/** Percent, as a share. */
function shareOf(option: string, text: string): number {
  const value = Number(text);
  if (text !== '' && value >= 0 && value <= 100) return value / 100;
  throw cliErrors.error('CLI_USAGE', { message: `${option} is "${text}"; expected percent, 0 to 100` });
}

function numberOf(option: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw cliErrors.error('CLI_USAGE', { message: `${option} is "${text}"; expected a whole number` });
}

function pathOf(unit: string): string {
  return `/v1/units/${encodeURIComponent(unit)}/shadow`;
}
