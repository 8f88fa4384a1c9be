import { judgeRoute, RouteTally, type RouteCounts, type RouteVerdict, type VerdictTarget } from '../../edge/index.ts';
import type { Plan } from '../plan/plan.ts';
import type { RunSum } from './run-sum.ts';
import { judgeWrites, rehearsedIn, type WriteVerdict } from './write-verdict.ts';

export interface RunVerdict {
  /** fail: one route does. pass: all do. */
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  readonly routes: readonly RouteVerdict[];
  /** Of the routes whose writes the plan wants rehearsed. */
  readonly writes: readonly WriteVerdict[];
}

/** Every read that will move and every rehearsed write is judged, also one that nobody has asked for yet. Pure, like what it is made from. */
export function judgeRun(plan: Plan, sum: Pick<RunSum, 'routes' | 'writes'>): RunVerdict {
  const target = targetOf(plan);
  const routes = readsOf(plan).map((route) => judgeRoute(sum.routes.get(route)?.counts ?? nothingOf(route), target));
  const writes = judgeWrites(plan, sum.writes, target.findingAlpha);
  const verdicts = [...routes, ...writes].map(({ verdict }) => verdict);
  const verdict = verdicts.includes('fail') ? 'fail' : verdicts.includes('inconclusive') ? 'inconclusive' : 'pass';
  return { verdict, routes, writes };
}

export function targetOf({ gates: { shadow }, apis }: Pick<Plan, 'gates' | 'apis'>): VerdictTarget {
  return {
    mismatchLimit: shadow.maxMismatchPercent / 100,
    alpha: 1 - shadow.confidencePercent / 100,
    findingAlpha: shadow.falseFindingPercent / 100 / Math.max(1, judgedIn({ apis })),
    minSubjects: shadow.minSubjects,
    minShapes: shadow.minShapes,
    maxLagShare: shadow.maxLagPercent / 100,
  };
}

/** Routes of a run: they share its chance to accuse a service that is right, or many of them would mean somebody is. */
function judgedIn(plan: Pick<Plan, 'apis'>): number {
  return readsOf(plan).length + rehearsedIn(plan).length;
}

/** `GET /api/trips`, as edges name them. */
export function readsOf({ apis }: Pick<Plan, 'apis'>): string[] {
  return apis.filter(({ method }) => method === 'GET').map(({ method, path }) => `${method} ${path}`);
}

function nothingOf(route: string): RouteCounts {
  return new RouteTally(route, Buffer.alloc(0)).counts();
}
