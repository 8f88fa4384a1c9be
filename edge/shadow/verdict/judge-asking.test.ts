import { describe, expect, it } from '@jest/globals';
import { AnswerComparer } from '../compare/answer-comparer.ts';
import type { Answer } from '../compare/answer.ts';
import { json, typed } from '../testing/answers.fixture.ts';
import { judgeAsking, type Asking } from './judge-asking.ts';

const LAST = 2;
const row = json('{"id":1,"note":"new"}');
const oldRow = json('{"id":1,"note":"old"}');
const noRow = typed('application/json', '{"error":"not found"}', [], 404);
const failure = typed('application/json', '{"error":"oops"}', [], 500);

describe('one asking of both sides', () => {
  it.each<[string, Asking, number, string]>([
    ['equal answers count', asking(row, row), 0, 'count'],
    ['a difference counts when the copy had it all', asking(row, oldRow), 0, 'count'],
    ['an older row of a copy that is behind is asked again', asking(row, oldRow, { isApplied: false }), 0, 'park'],
    ['so is a row that is not there yet', asking(row, noRow, { isApplied: false }), 0, 'park'],
    ['and one that changed between the two', asking(oldRow, row, { hasMoved: true }), 0, 'park'],
    ['a failure is no lag', asking(row, failure, { isApplied: false }), 0, 'count'],
    ['nor is another type', asking(row, json('{"id":"1","note":"old"}'), { isApplied: false }), 0, 'count'],
    ['nor what is no JSON', asking(row, json('oops'), { isApplied: false }), 0, 'count'],
    [
      'what control does as well is noise, and counts',
      asking(row, oldRow, { isApplied: false, control: oldRow }),
      0,
      'count',
    ],
    ['equal the second time was lag only', asking(row, row), 1, 'lag-only'],
    [
      'still different, all applied, control steady: counts',
      asking(row, oldRow, { hasMoved: true, control: row }),
      1,
      'count',
    ],
    ['still behind is asked once more', asking(row, oldRow, { isApplied: false, control: row }), 1, 'park'],
    ['and then nothing can be said', asking(row, oldRow, { isApplied: false, control: row }), LAST, 'unsettled'],
    ['a row that keeps changing counts with its noise', asking(row, oldRow, { control: oldRow }), 1, 'count'],
  ])('%s', (_, given, number, expected) => {
    expect(judgeAsking(given, number, LAST).kind).toBe(expected);
  });
});

function asking(
  control: Answer,
  candidate: Answer,
  more: { isApplied?: boolean; hasMoved?: boolean; control?: Answer } = {},
): Asking {
  const comparer = new AnswerComparer();
  return {
    candidate: comparer.compare(control, candidate),
    control: more.control && comparer.compare(control, more.control),
    isApplied: more.isApplied ?? true,
    hasMoved: more.hasMoved ?? false,
  };
}
