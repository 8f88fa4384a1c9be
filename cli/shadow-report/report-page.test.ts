import { describe, expect, it } from '@jest/globals';
import type { WireReport } from '../../cutover/index.ts';
import {
  defaultSampling,
  Evidence,
  judgeRoute,
  LATENCY_BOUNDS_MS,
  RouteTally,
  ValueKeeper,
  type Difference,
  type RouteReport,
} from '../../edge/index.ts';
import { reportPage } from './report-page.ts';
import { reportText } from './report-text.ts';

const ROUTE = 'GET /api/trips';
const difference: Difference = {
  path: '$.<script>',
  class: 'value',
  severity: 'major',
  count: 2,
  control: new Evidence('string', Buffer.from('Hauptstrasse 1')),
  candidate: new Evidence('number', Buffer.from('42')),
};

describe('the report of a run', () => {
  const report = reportOf([difference]);

  it('is one page that fetches nothing and runs nothing, and has every part', () => {
    const page = reportPage(report);
    expect(page).not.toMatch(/<script|src=|href=|url\(|https?:/);
    for (const part of ['Routes', 'Mismatches by route and field', 'Time to first byte', 'Samples'])
      expect(page).toContain(`<h2>${part}</h2>`);
    expect(page).toContain('prefers-color-scheme: dark');
    expect(page.match(/<svg/g)).toHaveLength(2);
    expect(page).toContain('$.&#60;script&#62;');
  });

  it('invariant 10: shows kinds and lengths side by side, never a value', () => {
    const page = reportPage(report);
    expect(page).toContain('<mark>string</mark>, <mark>14 bytes</mark>');
    expect(page).toContain('<mark>number</mark>, <mark>2 bytes</mark>');
    expect(page + reportText(report, false)).not.toMatch(/Hauptstrasse|\b42\b/);
  });

  it('is a table for a person, plain where no colours are seen', () => {
    const text = reportText(report, false);
    expect(text).toMatch(/GET \/api\/trips +fail +40 +40/);
    expect(text).toMatch(/\$\.<script> +value +major +40/);
    expect(text).not.toContain('\u001b');
    expect(reportText(report, true)).toContain('\u001b[31mfail');
  });

  it('says of rehearsed writes where the service would have written otherwise, to person and page', () => {
    const finding = { kind: 'different-column', path: 'trip_fare.<amount>', count: 3 } as const;
    const counts = { equal: 97, different: 3, unsure: 1, overtaken: 4, ambiguous: 5, findings: [finding] };
    const judged = { samples: 100, mismatchBound: 0.084, missing: [], verdict: 'fail' } as const;
    const withWrites = { ...report, writes: [{ ...counts, ...judged, route: 'POST /api/trips' }] };
    const text = reportText(withWrites, false);
    expect(text).toMatch(/POST \/api\/trips +fail +100 +3 +< 8.4 % +1 +9 +different-column trip_fare.<amount>/);
    expect(text).toMatch(/POST \/api\/trips +trip_fare.<amount> +different-column +3/);
    const page = reportPage(withWrites);
    for (const part of ['Writes', 'Other effects by route and place']) expect(page).toContain(`<h2>${part}</h2>`);
    expect(page).toContain('trip_fare.&#60;amount&#62;');
    expect(page).toContain('3.0 %');
    expect(reportPage(report)).not.toContain('<h2>Writes</h2>');
  });

  it('says so where nothing was seen', () => {
    const page = reportPage({ ...reportOf([]), seen: [] });
    expect(page).toContain('No field differs.');
    expect(page).toContain('No mismatch was kept.');
  });
});

function reportOf(differences: readonly Difference[]): WireReport {
  const tally = new RouteTally(ROUTE, Buffer.alloc(32));
  const equal = { differences: [], ignored: [], isCut: false };
  for (let i = 0; i < 40; i++)
    tally.add({
      atMs: i,
      subject: `${i}`,
      question: `${i}`,
      shape: '',
      candidate: { ...equal, differences },
      control: equal,
    });
  const kept = [{ at: 0, differences: differences.map((one) => new ValueKeeper().keep(one, 0)) }];
  const latency = LATENCY_BOUNDS_MS.map((_, i) => (i % 5 === 2 ? 3 : 0));
  const seen: RouteReport = { counts: tally.counts(), ignored: {}, controlMs: latency, candidateMs: latency, kept };
  const verdict = judgeRoute(seen.counts);
  const run = { id: 'r', unit: 'trips', name: 'noon', sampling: defaultSampling, target: {}, digest: 'd' };
  return {
    run: { ...run, who: 'ada', reason: 'a look', startedAt: 0, endedAt: 60_000, end: 'stopped' },
    isCurrent: true,
    verdict: verdict.verdict,
    routes: [verdict],
    writes: [],
    seen: differences.length > 0 ? [seen] : [],
    skipped: {},
    rules: [],
  };
}
