import { expect, it } from '@jest/globals';
import { RouteTally, valuesKey, ValueKeeper, AnswerComparer, type RouteReport } from '../../edge/index.ts';
import { openReport } from './open-report.ts';
import { samplesView } from './samples-view.ts';

const KEY = valuesKey('a secret of thirty-two characters');
const HOUR_MS = 3_600_000;

it('shows kept values to whoever has the key, escaped, and to nobody else or later', () => {
  const seen = [routeWithSample()];
  const shown = (key: Buffer, nowMs: number): string =>
    openReport({ seen }, key, nowMs)
      .seen.map((route) => samplesView(route).markup)
      .join('');
  expect(shown(KEY, 1)).toContain('&#60;b&#62;12.50');
  for (const page of [shown(valuesKey('another secret of 32 characters..'), 1), shown(KEY, HOUR_MS)]) {
    expect(page).not.toContain('12.50');
    expect(page).toContain('value kept, encrypted');
  }
});

function routeWithSample(): RouteReport {
  const answer = (fare: string) => ({ status: 200, headers: [], body: Buffer.from(JSON.stringify({ fare })) });
  const { differences } = new AnswerComparer().compare(answer('<b>12.50'), answer('13.50'));
  const keeper = new ValueKeeper({ open: { paths: new Set(['$.fare']), key: KEY, lifeMs: HOUR_MS } });
  const kept = [{ at: 0, differences: differences.map((one) => keeper.keep(one, 0)) }];
  return { counts: new RouteTally('GET /', KEY).counts(), ignored: {}, controlMs: [], candidateMs: [], kept };
}
