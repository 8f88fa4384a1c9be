import { expect, it } from '@jest/globals';
import { openValue, valuesKey } from '../keep/sealed-value.ts';
import { defaultSampling } from '../mirror/sampling.ts';
import { json } from '../testing/answers.fixture.ts';
import { AnswerComparer } from '../compare/answer-comparer.ts';
import type { Mirrored } from '../mirrored.ts';
import { Run } from './run.ts';
import type { LedgerReport } from './report.ts';
import { withoutExpired, withValues } from './value-life.ts';

const key = valuesKey('a secret of thirty-two characters');
const HOUR_MS = 3_600_000;

it('keeps values of a run only where the plan opts in, sealed, until their time is over', () => {
  const report = runWith(new Set(['$.fare']));
  expect(JSON.stringify(report)).not.toMatch(/12\.50|13\.50|Ana|Jo/);
  expect(valuesIn(report, 999)).toEqual(['12.50', '13.50', undefined, undefined]);
  expect(withoutExpired(report, HOUR_MS - 1)).toBe(report);
  const later = withoutExpired(report, HOUR_MS);
  expect(JSON.stringify(later)).not.toContain('sealed');
  expect(later.routes['GET /']?.counts).toEqual(report.routes['GET /']?.counts);
});

it('keeps none where nothing was said', () => {
  expect(JSON.stringify(runWith(new Set()))).not.toContain('sealed');
});

function runWith(paths: ReadonlySet<string>): LedgerReport {
  const open = { paths, key, lifeMs: HOUR_MS };
  const run = new Run({ run: 'noon', sampling: defaultSampling }, 'secret', open);
  const control = json('{"fare":"12.50","name":"Ana"}');
  const candidate = new AnswerComparer().compare(control, json('{"fare":"13.50","name":"Jo"}'));
  const read = { route: 'GET /', path: '/', subject: '7', controlMs: 1 } as Mirrored;
  run.add({ read, control, atMs: 0, result: { kind: 'count', candidate, control: undefined, candidateMs: 1 } });
  return run.report();
}

function valuesIn({ routes }: LedgerReport, nowMs: number): (string | undefined)[] {
  const values: (string | undefined)[] = [];
  for (const report of Object.values(routes))
    withValues(report, (value, path) => {
      values.push(value.sealed && openValue(value.sealed, path, key, nowMs)?.toString());
      return value;
    });
  return values;
}
