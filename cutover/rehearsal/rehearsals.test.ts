import { describe, expect, it } from '@jest/globals';
import type { DeclaredUnit } from '../configuration/declaration.ts';
import type { JournalEntry } from '../journal/journal-entry.ts';
import { rehearsalMarkdown, type RehearsalReport } from './rehearsal-report.ts';
import { Rehearsals } from './rehearsals.ts';

const AT = '2026-11-21 20:00:00.000';
const NOW = Date.parse('2026-11-21T22:00:00Z');
const report: RehearsalReport = {
  unit: 'trips',
  at: '2026-11-21T20:00:00Z',
  who: 'ada@host',
  reason: 'before the night',
  owner: 'legacy',
  epoch: 7,
  planDigest: 'digest',
  passed: true,
  steps: [{ way: 'cutover', step: 'barrier', ms: 3.4, ok: false, detail: 'legacy: a | transaction' }],
  gates: [{ gate: 'lag', verdict: 'pass', value: '3 ms', limit: 'at most 1000 ms', next: '' }],
};

function rehearsed(...reports: RehearsalReport[]): Rehearsals {
  const lines = reports.map((detail) => ({ at: AT, detail }) as unknown as JournalEntry);
  const journal = {
    since: () => Promise.resolve(lines),
    stageLine: () => Promise.resolve(undefined),
    stageSince: () => Promise.resolve(0),
  };
  return new Rehearsals({ journal, note: () => Promise.resolve() }, () => NOW);
}

const declared = (maxAgeHours?: number): DeclaredUnit => {
  const gates = maxAgeHours === undefined ? {} : { rehearsal: { maxAgeHours } };
  return { digest: 'digest', plan: { unit: 'trips', gates } } as unknown as DeclaredUnit;
};

describe('the gate of rehearsals', () => {
  it.each<[string, RehearsalReport[], number, string, string]>([
    ['never rehearsed', [], 24, 'inconclusive', 'never rehearsed'],
    ['passed two hours ago', [report], 24, 'pass', `passed at ${AT} UTC`],
    ['too long ago', [report], 1, 'fail', 'the last one was 2.0 h ago'],
    [
      'the last one failed',
      [report, { ...report, passed: false }],
      24,
      'fail',
      `the last one, at ${AT} UTC, did not pass`,
    ],
    [
      'another plan since',
      [{ ...report, planDigest: 'older' }],
      24,
      'fail',
      `the last one, at ${AT} UTC, was of another plan`,
    ],
  ])('%s', async (_, reports, maxAgeHours, verdict, value) => {
    const [gate] = await rehearsed(...reports).gates(declared(maxAgeHours), 'cutover');
    expect(gate).toMatchObject({ gate: 'rehearsal', verdict, value, next: 'banyan rehearse trips' });
  });

  it('is there only where the plan wants it, and never before a rollback', async () => {
    expect(await rehearsed().gates(declared(), 'cutover')).toEqual([]);
    expect(await rehearsed().gates(declared(24), 'rollback')).toEqual([]);
  });
});

describe('the report of a rehearsal', () => {
  it('is a page for a change ticket', () => {
    expect(rehearsalMarkdown(report).split('\n')).toEqual([
      '# Rehearsal of trips: passed',
      '',
      '2026-11-21T20:00:00Z, by ada@host: before the night',
      '',
      'Owner legacy, epoch 7, plan digest. No request was held, no owner changed.',
      '',
      '| Way | Step | ms |  | Found |',
      '| --- | --- | --- | --- | --- |',
      '| cutover | barrier | 3 | **failed** | legacy: a \\| transaction |',
      '',
      '| Gate | Verdict | Value | Limit |',
      '| --- | --- | --- | --- |',
      '| lag | pass | 3 ms | at most 1000 ms |',
      '',
    ]);
  });
});
