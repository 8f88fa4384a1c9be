import { describe, expect, it } from '@jest/globals';
import { allPass, gatesFor, judgeGates, type Measurements } from './gates.ts';
import type { Plan } from './plan.ts';

const plan = {
  unit: 'trips',
  gates: {
    lag: { maxMs: 1000 },
    verification: { maxAgeMinutes: 30 },
    mismatch: { minSamples: 100, max: 0 },
    pinned: { maxPercent: 30 },
  },
} as Plan;

const healthy: Measurements = {
  sync: { state: 'streaming', ready: true },
  lagMs: 12,
  verification: { ageMs: 60_000, rows: 10, wrong: 0, irreversible: 0 },
  health: { ok: true, detail: 'ready' },
  mismatch: { samples: 100, mismatches: 0 },
  flags: { ageMs: 900, isStale: false },
  parked: 0,
  pinned: { reads: 1000, pinned: 12 },
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
  'mismatch',
  'flags',
  'parked',
  'reverse',
  'edges',
  'pinned',
] as const;

describe('judgeGates', () => {
  it('passes a healthy unit at every step', () => {
    for (const names of Object.values(gatesFor)) expect(allPass(judgeGates(names, plan, healthy))).toBe(true);
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
    ['mismatch', { mismatch: { samples: 1, mismatches: 1 } }],
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

  it('holds with too few samples rather than passing', () => {
    expect(verdicts({ ...healthy, mismatch: { samples: 99, mismatches: 0 } })['mismatch']).toBe('inconclusive');
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
