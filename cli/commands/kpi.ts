import { readFileSync } from 'node:fs';
import { cutoverErrors, deliveryOf, routeFigures, samplesOf } from '../../cutover/index.ts';
import type { Delivery, JournalEntry, RouteFigures } from '../../cutover/index.ts';
import { messageOf, readSettings } from '../../shared/index.ts';
import { controlClient, type Context } from '../context.ts';
import { cliErrors } from '../errors.ts';
import { readJournal } from '../journal-lines.ts';
import { edgeClient } from '../peers.ts';
import { clientSettings } from '../settings.ts';
import { print, table } from '../terminal.ts';

export interface KpiFlags {
  readonly days: string;
  readonly until?: string;
  readonly file?: string;
  readonly metrics?: readonly string[];
}

const DAY_MS = 86_400_000;

/** How changes went, from the journal, and how each side of each route does, from the metrics of the edges. */
export async function kpi(context: Context, unit: string | undefined, flags: KpiFlags): Promise<void> {
  const period = periodOf(flags);
  const entries: JournalEntry[] = [];
  const verdict = await readJournal(flags.file ?? controlClient(context), (entry) => entries.push(entry));
  if (!verdict.holds) throw cutoverErrors.error('JOURNAL_BROKEN', { message: verdict.message });
  const isWanted = (of: { unit: string }): boolean => unit === undefined || of.unit === unit;
  const delivery = deliveryOf(entries, period).filter(isWanted);
  const routes = routeFigures((await metricsOf(context, flags)).flatMap((text) => samplesOf(text))).filter(isWanted);
  print(context.output, { ...period, delivery, routes }, `${deliveryTable(delivery)}\n\n${routesTable(routes)}`);
}

function periodOf({ days, until }: KpiFlags): { fromMs: number; untilMs: number } {
  const untilMs = until === undefined ? Date.now() : Date.parse(until);
  if (!/^[1-9]\d{0,3}$/.test(days) || Number.isNaN(untilMs))
    throw cliErrors.error('CLI_USAGE', {
      message: `--days ${days}${until === undefined ? '' : ` --until ${until}`}; expected a number of days, and a time such as 2026-11-21T00:00Z`,
      fix: 'say --days 30',
    });
  return { fromMs: untilMs - Number(days) * DAY_MS, untilMs };
}

/** An edge that does not answer would make the others look like all of them. */
async function metricsOf({ env }: Context, { metrics }: KpiFlags): Promise<string[]> {
  if (metrics) return metrics.map(readText);
  const { BANYAN_EDGE_URLS: urls, BANYAN_ADMIN_TOKEN: token } = readSettings(clientSettings, env);
  return Promise.all(urls.split(',').map((url) => edgeClient(url.trim(), token).text('/metrics')));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw cliErrors.error('CLI_USAGE', { message: `--metrics ${path} cannot be read: ${messageOf(error)}` });
  }
}

function deliveryTable(of: readonly Delivery[]): string {
  const rows = of.map(({ unit, deployments, perWeek, leadTimeMs, failed, changeFailureRate, restoreMs }) => [
    unit,
    deployments,
    perWeek.toFixed(1),
    timeText(leadTimeMs),
    changeFailureRate === undefined ? '-' : `${failed} (${percentText(changeFailureRate)})`,
    timeText(restoreMs),
  ]);
  return table(['UNIT', 'DEPLOYMENTS', 'PER WEEK', 'LEAD TIME', 'FAILED', 'TIME TO RESTORE'], rows);
}

function routesTable(of: readonly RouteFigures[]): string {
  const rows = of.map(({ unit, route, side, requests, availability, p95Ms }) => [
    unit,
    route,
    side,
    requests,
    percentText(availability),
    p95Ms === undefined ? '-' : `${p95Ms.toFixed(1)} ms`,
  ]);
  return table(['UNIT', 'ROUTE', 'SIDE', 'REQUESTS', 'AVAILABILITY', 'P95'], rows);
}

function percentText(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

function timeText(ms: number | undefined): string {
  if (ms === undefined) return '-';
  const seconds = ms / 1000;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  if (seconds < 7_200) return `${(seconds / 60).toFixed(1)} min`;
  return seconds < 172_800 ? `${(seconds / 3_600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} d`;
}
