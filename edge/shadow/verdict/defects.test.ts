import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../shared/index.ts';
import { AnswerComparer } from '../compare/answer-comparer.ts';
import { bookOf, rule } from '../testing/answers.fixture.ts';
import { answerOf, DEFECTS, pageOf, type Defect } from '../../testing/trips-model.fixture.ts';
import { judgeRoute, type RouteVerdict } from './judge-route.ts';
import { fieldName } from './route-counts.ts';
import { RouteTally } from './route-tally.ts';

/** What a team would write of these answers; the banner is left to the counts. */
const rules = bookOf(
  rule('$.requestId', { rule: 'type-only' }),
  rule('$.servedAt', { rule: 'time', toleranceMs: 1000 }),
  rule('$.trips[*].tags', { rule: 'multiset' }),
);

describe('a candidate beside noise', () => {
  it.each(Object.entries(DEFECTS))('with %s is found, and at its place', (_, { defect, found }) => {
    const verdict = verdictOn(defect, 10_000);
    expect(verdict.verdict).toBe('fail');
    expect(verdict.findings.map(fieldName)).toContain(found);
    expect(verdict.findings.map(fieldName).filter((name) => /banner|requestId|servedAt|tags/.test(name))).toEqual([]);
  });

  it('and without defect passes, with nothing found', () => {
    const { verdict, findings, unsteady, mismatches } = verdictOn((page) => page, 5000);
    expect({ verdict, findings, mismatches }).toEqual({ verdict: 'pass', findings: [], mismatches: 0 });
    expect(unsteady.map(fieldName)).toEqual(['value $.banner']);
  });

  it('cannot pass without rules: control never repeats itself', () => {
    const { verdict, findings, missing } = verdictOn((page) => page, 1000, new AnswerComparer());
    expect({ verdict, findings }).toEqual({ verdict: 'inconclusive', findings: [] });
    const paths = missing.flatMap((need) => (need.of === 'steadier-field' ? [need.path] : []));
    expect(paths).toEqual(expect.arrayContaining(['$.requestId', '$.servedAt']));
  });
});

/** Half of the samples with a second control; looked at again and again, over when it fails. */
function verdictOn(defect: Defect, samples: number, comparer = new AnswerComparer({ rules })): RouteVerdict {
  const random = seededRandom(7);
  const tally = new RouteTally('GET /api/trips', Buffer.alloc(32));
  for (let question = 0; question < samples; question++) {
    const control = answerOf(pageOf(question, random));
    const candidate = answerOf(defect(pageOf(question, random), question, random));
    const again = question % 2 === 0 ? answerOf(pageOf(question, random)) : undefined;
    const asked = { atMs: question * 50, subject: `rider ${question % 40}`, question: `${question}`, shape: 'page' };
    const own = again && comparer.compare(control, again);
    tally.add({ ...asked, candidate: comparer.compare(control, candidate), control: own });
    if (question % 200 === 199 && judgeRoute(tally.counts()).verdict === 'fail') break;
  }
  return judgeRoute(tally.counts());
}
