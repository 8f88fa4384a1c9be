import { describe, expect, it } from '@jest/globals';
import type { Measurements, RunStanding } from '../../cutover/index.ts';
import { statusTable } from './status.ts';

const RECORD = {
  unit: 'trips',
  stage: { name: 'canary', rung: 1 },
  owner: 'legacy',
  epoch: 3,
  planDigest: '',
  changedAt: '',
  changedBy: '',
} as const;

describe('the status of a unit', () => {
  it('shows nothing between two sides once the unit is retired', () => {
    const record = { ...RECORD, stage: { name: 'retired' }, owner: 'service' } as const;
    const [, line = ''] = statusTable([{ record, measured: { sync: { state: 'retired', ready: true } } }]).split('\n');
    const shown = 'trips retired service 3 retired - - - - unknown unknown - unknown - no';
    expect(line.split(/ {2,}/).join(' ').trim()).toBe(shown);
  });

  it('says that it has stood for longer than its plan allows', () => {
    const standstill = { unchangedMs: 20.5 * 86_400_000, isStalled: true };
    expect(statusTable([{ record: RECORD, measured: {}, standstill }])).toContain('(stalled: unchanged for 20 d)');
    const patient = { ...standstill, isStalled: false };
    expect(statusTable([{ record: RECORD, measured: {}, standstill: patient }])).not.toContain('stalled');
  });

  it.each<[string, Measurements]>([
    ['unknown', {}],
    ['2 of 2', { service: { endpoints: 2, usable: 2, brokenRoutes: 0 } }],
    ['1 of 3, 4 routes broken', { service: { endpoints: 3, usable: 1, brokenRoutes: 4 } }],
  ])('says of its endpoints: %s', (said, measured) => {
    const [head = '', line = ''] = statusTable([{ record: RECORD, measured }]).split('\n');
    expect(line.slice(head.indexOf('ENDPOINTS'), head.indexOf('REVERSE')).trim()).toBe(said);
  });

  it.each<[string, Measurements]>([
    ['no run', {}],
    ['pass', { shadow: standing('pass', ['pass', 'pass']) }],
    ['fail, 1 of 3 routes', { shadow: standing('fail', ['fail', 'pass', 'inconclusive']) }],
    [
      'inconclusive, 2 of 2 routes, under other rules',
      { shadow: { ...standing('inconclusive', ['inconclusive', 'inconclusive']), isCurrent: false } },
    ],
  ])('says of its shadow: %s', (said, measured) => {
    const [head = '', line = ''] = statusTable([{ record: RECORD, measured }]).split('\n');
    expect(line.slice(head.indexOf('SHADOW'), head.indexOf('PINNED')).trim()).toBe(said);
  });
});

type Verdict = RunStanding['verdict'];

function standing(verdict: Verdict, routes: readonly Verdict[]): RunStanding {
  return {
    isCurrent: true,
    verdict,
    writes: [],
    routes: routes.map((one) => ({ verdict: one })),
  } as unknown as RunStanding;
}
