import type { KeptDifference, KeptValue } from '../keep/value-keeper.ts';
import type { KeptSample, LedgerReport, RouteReport } from './report.ts';

/** What is to become of one kept value. */
type Change = (value: KeptValue, path: string) => KeptValue;

/** Without the sealed values whose time is over; the same report when there are none. */
export function withoutExpired(report: LedgerReport, nowMs: number): LedgerReport {
  let hasExpired = false;
  const routes = mapRoutes(report.routes, ({ sealed, ...rest }) => {
    if (!sealed) return rest;
    if (sealed.expiresAtMs > nowMs) return { ...rest, sealed };
    hasExpired = true;
    return rest;
  });
  return hasExpired ? { ...report, routes } : report;
}

/** The kept values of a route, each changed. */
export function withValues(report: RouteReport, change: Change): RouteReport {
  const ofDifference = (one: KeptDifference): KeptDifference => ({
    ...one,
    control: change(one.control, one.path),
    candidate: change(one.candidate, one.path),
  });
  const ofSample = (one: KeptSample): KeptSample => ({ ...one, differences: one.differences.map(ofDifference) });
  return { ...report, kept: report.kept.map(ofSample) };
}

function mapRoutes(routes: LedgerReport['routes'], change: Change): LedgerReport['routes'] {
  return Object.fromEntries(Object.entries(routes).map(([route, report]) => [route, withValues(report, change)]));
}
