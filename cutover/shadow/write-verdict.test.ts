import { describe, expect, it } from '@jest/globals';
import { NO_EFFECTS, type RouteEffects } from '../effects/effect-tally.ts';
import type { Plan } from '../plan/plan.ts';
import { limitText, whyOfWrite } from './run-standing.ts';
import { judgeRun } from './run-verdict.ts';
import { judgeWrites, type WriteVerdict } from './write-verdict.ts';

const ROUTE = 'POST /api/trips';
const write = { method: 'POST', path: '/api/trips', access: 'write', entity: 'trip', shadow: 'dry-run' } as const;
const validated = { ...write, path: '/api/other', shadow: 'validate' } as const;
const FARE = { kind: 'different-column', path: 'trip_fare.amount_minor', count: 2 } as const;

function planOf(apis: object[]): Plan {
  const shadow = {
    maxMismatchPercent: 1,
    maxWriteMismatchPercent: 1,
    confidencePercent: 95,
    falseFindingPercent: 1,
    minSubjects: 1,
  };
  return { unit: 'trips', apis, gates: { shadow: { ...shadow, minShapes: 1, maxLagPercent: 5 } } } as never;
}

function judged(seen: Partial<RouteEffects>): WriteVerdict {
  const effects = { ...NO_EFFECTS, ...seen, route: ROUTE };
  const [verdict] = judgeWrites(planOf([write]), new Map([[ROUTE, effects]]), 0.0025);
  if (!verdict) throw new Error('the route was not judged');
  return verdict;
}

describe('the verdict on a write', () => {
  it.each<[WriteVerdict['verdict'], Partial<RouteEffects>, string]>([
    ['inconclusive', {}, '0 of 409 samples'],
    ['inconclusive', { equal: 408 }, '408 of 409 samples'],
    ['pass', { equal: 409 }, 'passes'],
    ['inconclusive', { different: 1, findings: [FARE] }, `different-column ${FARE.path}, 1 mismatches, 100.0 %`],
    ['fail', { different: 4, findings: [FARE] }, `different-column ${FARE.path}`],
    ['fail', { equal: 99, different: 7, findings: [FARE] }, `different-column ${FARE.path}`],
    ['pass', { equal: 2_000, different: 5, findings: [FARE] }, 'passes'],
    ['inconclusive', { equal: 500, unsure: 50 }, 'of 9.1 % of the writes not all effects could be seen'],
    ['pass', { equal: 500, unsure: 5, overtaken: 300, ambiguous: 300 }, 'passes'],
  ])('is %s after %j', (expected, seen, why) => {
    const verdict = judged(seen);
    expect([verdict.verdict, whyOfWrite(verdict)]).toEqual([expected, why]);
  });

  it('is part of the run’s, for every route whose writes are rehearsed, and for no other', () => {
    const effects = { ...NO_EFFECTS, route: ROUTE, different: 9, findings: [FARE] };
    const sum = { routes: new Map(), writes: new Map([[ROUTE, effects]]) };
    expect(judgeRun(planOf([write, validated]), sum)).toMatchObject({ verdict: 'fail', writes: [{ route: ROUTE }] });
    expect(judgeRun(planOf([validated]), sum)).toMatchObject({ verdict: 'pass', writes: [] });
  });

  it('shares the chance of a false finding with all routes of its run', () => {
    const effects = { ...NO_EFFECTS, route: ROUTE, equal: 26, different: 4, findings: [FARE] };
    const sum = { routes: new Map(), writes: new Map([[ROUTE, effects]]) };
    const others = Array.from({ length: 39 }, (_, i) => ({ ...write, path: `/api/other/${i}` }));
    const verdictOf = (apis: object[]): string => judgeRun(planOf(apis), sum).verdict;
    expect([verdictOf([write]), verdictOf([write, ...others])]).toEqual(['fail', 'inconclusive']);
  });

  it('has its own limit, told where a plan rehearses writes', () => {
    expect(limitText(planOf([write]))).toContain('other effects < 1 %, every rehearsed write route');
    expect(limitText(planOf([validated]))).not.toContain('effects');
  });
});
