import { sumOfEffects, type EffectLedger } from '../effects/effect-ledger.ts';
import type { RouteEffects } from '../effects/effect-tally.ts';
import { mergeCounts, mergeUses, type LedgerReport, type RouteCounts, type RouteReport } from '../../edge/index.ts';

/** What all edges, and all judges of writes, together have seen of a run. */
export interface RunSum {
  readonly routes: ReadonlyMap<string, RouteReport>;
  readonly skipped: Readonly<Record<string, number>>;
  readonly writes: ReadonlyMap<string, RouteEffects>;
}

const MOST_KEPT = 100;

export function sumOfRun(ledgers: readonly LedgerReport[], effects: readonly EffectLedger[] = []): RunSum {
  const routes = new Map<string, RouteReport>();
  const skipped: Record<string, number> = {};
  for (const ledger of ledgers) {
    for (const [route, report] of Object.entries(ledger.routes)) {
      const known = routes.get(route);
      const told = { ...report, counts: withTimes(report.counts) };
      routes.set(route, known ? addReports(known, told) : told);
    }
    addAll(skipped, ledger.skipped);
  }
  return { routes, skipped, writes: sumOfEffects(effects) };
}

function addReports(one: RouteReport, other: RouteReport): RouteReport {
  return {
    counts: mergeCounts(one.counts, other.counts),
    ignored: mergeUses(one.ignored, other.ignored),
    controlMs: one.controlMs.map((count, i) => count + (other.controlMs[i] ?? 0)),
    candidateMs: one.candidateMs.map((count, i) => count + (other.candidateMs[i] ?? 0)),
    kept: [...one.kept, ...other.kept].slice(0, MOST_KEPT),
  };
}

/** JSON has no infinities: of a route without a sample nothing is known. */
function withTimes(counts: RouteCounts): RouteCounts {
  const first = (counts.firstAtMs as number | null) ?? Number.POSITIVE_INFINITY;
  const last = (counts.lastAtMs as number | null) ?? Number.NEGATIVE_INFINITY;
  return { ...counts, firstAtMs: first, lastAtMs: last };
}

function addAll(sums: Record<string, number>, counts: Readonly<Record<string, number>>): Record<string, number> {
  for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}
