import type { Answer } from '../compare/answer.ts';
import type { AnswerComparer } from '../compare/answer-comparer.ts';
import { DIFFERENCE_CLASSES, type Comparison } from '../compare/difference.ts';
import { Evidence, missing } from '../compare/evidence.ts';
import type { NoAnswer } from './asker.ts';

/** Where a side that gave no answer differs. */
const ANSWER = 'answer';

/** Control's answer against what a side answered, or did not. */
export function compareAsked(comparer: AnswerComparer, control: Answer, other: Answer | NoAnswer): Comparison {
  if (typeof other !== 'string') return comparer.compare(control, other);
  const evidence = { control: new Evidence('bytes', control.body), candidate: missing };
  const severity = DIFFERENCE_CLASSES[other];
  return { differences: [{ path: ANSWER, class: other, severity, count: 1, ...evidence }], ignored: [], isCut: false };
}
