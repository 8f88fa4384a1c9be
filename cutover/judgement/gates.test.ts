import { describe, expect, it } from '@jest/globals';
import { defaultSampling, Evidence, RouteTally, type Difference } from '../../edge/index.ts';
import { allPass, gatesFor, judgeGates, type Measurements } from './gates.ts';
import type { Plan } from '../plan/plan.ts';
import type { RunRecord } from '../shadow/run-record.ts';
import type { RunStanding } from '../shadow/run-standing.ts';
import { judgeRun } from '../shadow/run-verdict.ts';

const plan = {
  unit: 'trips',
  apis: [],
  gates: {
    lag: { maxMs: 1000 },
    verification: { maxAgeMinutes: 30 },
    shadow: {
      maxMismatchPercent: 1,
      confidencePercent: 95,
      falseFindingPercent: 1,
      minSubjects: 1,
      minShapes: 1,
      maxLagPercent: 5,
      maxWriteMismatchPercent: 1,
    },
    pinned: { maxPercent: 30 },
    errors: { falseRollback: 0.01, minRequests: 500 },
    slow: { falseRollback: 0.05, minRequests: 500 },
  },
} as unknown as Plan;

const traffic = {
  service: { requests: 500, failed: 1, slow: 20 },
  legacy: { requests: 9_500, failed: 11, slow: 400 },
  errors: 0.4,
  slow: 1.2,
};

const difference: Difference = {
  path: '$.fare',
  class: 'value',
  severity: 'major',
  count: 1,
  control: new Evidence('number'),
  candidate: new Evidence('number'),
};
const run: RunRecord = {
  id: 'r',
  unit: 'trips',
  name: 'noon',
  sampling: defaultSampling,
  target: {},
  digest: '',
  who: '',
  reason: '',
  startedAt: 0,
};

const healthy: Measurements = {
  sync: { state: 'streaming', ready: true },
  lagMs: 12,
  verification: { ageMs: 60_000, rows: 10, wrong: 0, irreversible: 0 },
  health: { ok: true, detail: 'ready' },
  shadow: standing('pass'),
  flags: { ageMs: 900, isStale: false },
  parked: 0,
  pinned: { reads: 1000, pinned: 12 },
  traffic,
  edges: [{ name: 'a', address: '' }],
  reverse: { armed: true, rehearsalAgeMs: 1_000, verification: { ageMs: 0, rows: 10, wrong: 0, irreversible: 0 } },
};

const verdicts = (measured: Measurements) =>
  Object.fromEntries(judgeGates(allNames, plan, measured).map((g) => [g.gate, g.verdict]));
const allNames = [
  'sync',
  'lag',
  'verification',
  'health',
  'shadow',
  'flags',
  'parked',
  'reverse',
  'edges',
  'pinned',
  'errors',
  'slow',
] as const;

describe('judgeGates', () => {
  it('passes a healthy unit at every step', () => {
    for (const names of Object.values(gatesFor)) expect(allPass(judgeGates(names, plan, healthy))).toBe(true);
  });

  it.each<[string, object, string]>([
    ['the evidence reaches what the promise allows', { errors: 100 }, 'fail'],
    ['it stays below that', { errors: 99.9 }, 'pass'],
    ['too few requests came to the service', { service: { requests: 499, failed: 0, slow: 0 } }, 'inconclusive'],
    ['too few came and the evidence is there', { errors: 100, service: { requests: 9, failed: 8, slow: 0 } }, 'fail'],
  ])('judges errors when %s', (_, change, verdict) => {
    expect(verdicts({ ...healthy, traffic: { ...traffic, ...change } })['errors']).toBe(verdict);
  });

  it('judges slow requests by a promise of their own', () => {
    const [gate] = judgeGates(['slow'], plan, { traffic: { ...traffic, slow: 20 } });
    expect(gate).toMatchObject({
      verdict: 'fail',
      value: 'evidence 20.0: 20 of 500 slow, of legacy 400 of 9500',
      limit: 'evidence below 20 in at least 500 requests',
    });
  });

  it('calls missing data inconclusive and never lets it pass', () => {
    expect(new Set(Object.values(verdicts({})))).toEqual(new Set(['inconclusive']));
    expect(allPass(judgeGates(['lag'], plan, {}))).toBe(false);
  });

  it.each([
    ['lag', { lagMs: 1001 }],
    ['verification', { verification: { ageMs: 0, rows: 10, wrong: 1, irreversible: 0 } }],
    ['verification', { verification: { ageMs: 0, rows: 10, wrong: 0, irreversible: 1 } }],
    ['verification', { verification: { ageMs: 31 * 60_000, rows: 10, wrong: 0, irreversible: 0 } }],
    ['verification', { verification: { ageMs: 0, rows: 10, wrong: 0, irreversible: 0, orphans: 1 } }],
    ['verification', { verification: { ageMs: 0, rows: 10, wrong: 0, irreversible: 0, headroom: 1 } }],
    ['verification', { verification: { ageMs: 0, rows: 10, wrong: 1, irreversible: 0, notVerified: 1 } }],
    ['health', { health: { ok: false, detail: 'answers 503' } }],
    ['shadow', { shadow: standing('fail') }],
    ['flags', { flags: { ageMs: 6_001, isStale: true } }],
    ['parked', { parked: 1 }],
    ['pinned', { pinned: { reads: 100, pinned: 31 } }],
    [
      'edges',
      {
        edges: [
          { name: 'a', address: '' },
          { name: 'b', address: '', silentMs: 7_000 },
        ],
      },
    ],
    ['reverse', { reverse: { armed: false } }],
    [
      'reverse',
      { reverse: { ...healthy.reverse, armed: true, verification: { ageMs: 0, rows: 10, wrong: 1, irreversible: 0 } } },
    ],
    ['sync', { sync: { state: 'snapshotting', ready: false } }],
  ] as const)('fails %s on %j', (gate, change) => {
    expect(verdicts({ ...healthy, ...change })[gate]).toBe('fail');
  });

  it('holds with too few samples, or under other rules than those of the run, rather than passing', () => {
    expect(verdicts({ ...healthy, shadow: standing('inconclusive') })['shadow']).toBe('inconclusive');
    expect(verdicts({ ...healthy, shadow: { ...standing('pass'), isCurrent: false } })['shadow']).toBe('inconclusive');
  });

  it('says of the shadow which route needs what, and how long that takes', () => {
    const [gate] = judgeGates(['shadow'], plan, { shadow: standing('inconclusive') });
    expect(gate).toMatchObject({
      value: 'run noon: GET /api/trips: 0 of 409 samples, 0 of 1 subjects, 0 of 1 shapes',
      limit: 'mismatch < 1 % at 95 %, every read route',
      next: 'banyan shadow report trips',
    });
    const failed = judgeGates(['shadow'], plan, { shadow: standing('fail') })[0];
    expect(failed?.value).toBe('run noon: GET /api/trips: value $.fare');
  });

  it.each([{ notVerified: 1 }, { coverage: 99.9 }])(
    'does not know a unit right of which it did not see all: %j',
    (seen) => {
      const verification = { ageMs: 0, rows: 10, wrong: 0, irreversible: 0, ...seen };
      expect(verdicts({ ...healthy, verification })['verification']).toBe('inconclusive');
      expect(verdicts({ ...healthy, reverse: { ...healthy.reverse, armed: true, verification } })['reverse']).toBe(
        'inconclusive',
      );
    },
  );

  it('gives value, limit and the next command', () => {
    expect(judgeGates(['lag'], plan, { lagMs: 41_000 })[0]).toEqual({
      gate: 'lag',
      verdict: 'fail',
      value: '41000 ms',
      limit: 'at most 1000 ms',
      next: 'banyan status trips',
    });
  });
});

/** Where a run with one route stands, by real counts. */
function standing(verdict: 'pass' | 'fail' | 'inconclusive'): RunStanding {
  const tally = new RouteTally('GET /api/trips', Buffer.alloc(32));
  const differences = verdict === 'fail' ? [difference] : [];
  for (let i = 0; i < (verdict === 'inconclusive' ? 0 : 500); i++) {
    const candidate = { differences, ignored: [], isCut: false };
    const control = { differences: [], ignored: [], isCut: false };
    tally.add({ atMs: i, subject: `${i}`, question: `${i}`, shape: '/api/trips', candidate, control });
  }
  const read = { method: 'GET', path: '/api/trips', access: 'read', entity: 'trip' } as const;
  const routes = new Map([
    ['GET /api/trips', { counts: tally.counts(), ignored: {}, controlMs: [], candidateMs: [], kept: [] }],
  ]);
  return { run, isCurrent: true, ...judgeRun({ ...plan, apis: [read] }, { routes, writes: new Map() }) };
}
