import { durationText, whyOf, whyOfWrite, type WireReport, type WriteVerdict } from '../../cutover/index.ts';
import type { FieldCounts, RouteReport, RouteVerdict } from '../../edge/index.ts';
import { table } from '../terminal.ts';
import { latencyQuantile, msText } from './latency-quantile.ts';

const COLOURS: Readonly<Record<string, number>> = { pass: 32, fail: 31, inconclusive: 33 };
const MOST_FIELDS = 30;

/** What a run has found, for a person; coloured only where that is seen. */
export function reportText(report: WireReport, isColoured: boolean): string {
  const { run, verdict, routes, isCurrent, rules, skipped } = report;
  const lasted = durationText((run.endedAt ?? Date.now()) - run.startedAt);
  const state = run.endedAt === undefined ? `goes on since ${lasted}` : `${lasted}, ended: ${run.end}`;
  const parts = [
    `run ${run.name} of ${run.unit}: ${paint(verdict, isColoured)} · ${state}`,
    ...(isCurrent ? [] : ['The plan’s rules have changed since; banyan shadow replay judges it by the new ones.']),
    ...(rules.length > 0 ? [`equal except ${rules.length} rules of the plan`] : []),
    routesTable(routes, report.seen, isColoured),
    ...fieldsPart(report.seen),
    ...writesPart(report.writes, isColoured),
    ...rulesPart(report),
    ...skippedPart(skipped),
  ];
  return parts.join('\n\n');
}

export function routesTable(routes: readonly RouteVerdict[], seen: readonly RouteReport[], isColoured = false): string {
  const head = ['ROUTE', 'VERDICT', 'SAMPLES', 'MISMATCHES', 'BOUND', 'LAG ONLY', 'P50 MS', 'P99 MS', 'WHY'];
  const rows = routes.map((route) => {
    const of = seen.find(({ counts }) => counts.route === route.route);
    return [
      route.route,
      paint(route.verdict, isColoured),
      route.samples,
      route.mismatches,
      boundText(route),
      of?.counts.lagOnly ?? 0,
      latencyPair(of, 0.5),
      latencyPair(of, 0.99),
      whyOf(route),
    ];
  });
  return table(head, rows);
}

export function boundText({ samples, mismatchBound }: Pick<RouteVerdict, 'samples' | 'mismatchBound'>): string {
  return samples === 0 ? '-' : `< ${(100 * mismatchBound).toFixed(mismatchBound < 0.01 ? 2 : 1)} %`;
}

/** Control and candidate. */
function latencyPair(seen: RouteReport | undefined, share: number): string {
  if (!seen) return '-';
  return [seen.controlMs, seen.candidateMs].map((counts) => msText(latencyQuantile(counts, share))).join(' / ');
}

function fieldsPart(seen: readonly RouteReport[]): string[] {
  const all = seen.flatMap(({ counts }) => counts.fields.map((field) => ({ route: counts.route, field })));
  if (all.length === 0) return [];
  const rows = all.slice(0, MOST_FIELDS).map(({ route, field }) => [route, ...fieldRow(field)]);
  const head = ['ROUTE', 'FIELD', 'CLASS', 'SEVERITY', 'CANDIDATE ONLY', 'CONTROL ONLY', 'BOTH', 'ASKED ONCE'];
  return [table(head, rows)];
}

function fieldRow(field: FieldCounts): (string | number)[] {
  const { path, class: kind, severity, candidateOnly, controlOnly, both, unpaired } = field;
  return [path, kind, severity, candidateOnly, controlOnly, both, unpaired];
}

function writesPart(writes: readonly WriteVerdict[], isColoured: boolean): string[] {
  if (writes.length === 0) return [];
  const found = writes.flatMap(({ route, findings }) =>
    findings.map(({ kind, path, count }) => [route, path, kind, count]),
  );
  const places = found.length > 0 ? [table(['WRITE', 'WHERE', 'CLASS', 'TIMES'], found)] : [];
  return [writesTable(writes, isColoured), ...places];
}

export function writesTable(writes: readonly WriteVerdict[], isColoured = false): string {
  const head = ['WRITE', 'VERDICT', 'WRITES', 'OTHER EFFECTS', 'BOUND', 'UNSURE', 'NOT COMPARED', 'WHY'];
  const rows = writes.map((write) => [
    write.route,
    paint(write.verdict, isColoured),
    write.samples,
    write.different,
    boundText(write),
    write.unsure,
    notCompared(write),
    whyOfWrite(write),
  ]);
  return table(head, rows);
}

/** Writes of which nothing can be said: their rows changed again, or several transactions fit. */
export function notCompared({ overtaken, ambiguous }: WriteVerdict): number {
  return overtaken + ambiguous;
}

function rulesPart({ rules }: WireReport): string[] {
  if (rules.length === 0) return [];
  const rows = rules.map(({ rule, state, samples, daysLeft }) => [
    rule.rule,
    rule.path,
    rule.route ?? 'every route',
    state,
    samples,
    `${rule.expires} (${daysLeft} days)`,
    rule.owner,
    rule.reason,
  ]);
  return [table(['RULE', 'PATH', 'ROUTE', 'STATE', 'FORGAVE', 'UNTIL', 'OWNER', 'REASON'], rows)];
}

function skippedPart(skipped: WireReport['skipped']): string[] {
  const told = Object.entries(skipped).map(([reason, count]) => `${count} ${reason}`);
  return told.length > 0 ? [`not mirrored or not judged: ${told.join(', ')}`] : [];
}

function paint(verdict: string, isColoured: boolean): string {
  return isColoured ? `\u001b[${COLOURS[verdict] ?? 0}m${verdict}\u001b[0m` : verdict;
}
