import { expect, it } from '@jest/globals';
import { orderOf, stepAfter } from './brownout-schedule.ts';

const STEPS = [
  { slowMs: 500, minutes: 10 },
  { status: 503, minutes: 5 },
  { status: 410, minutes: 1 },
] as const;
const MINUTE = 60_000;

it.each([
  [0, 0],
  [10 * MINUTE - 1, 0],
  [10 * MINUTE, 1],
  [15 * MINUTE, 2],
  [16 * MINUTE, 'over'],
] as const)('after %i ms its step is %s', (elapsedMs, step) => expect(stepAfter([...STEPS], elapsedMs)).toBe(step));

it('tells the edges what to do and whom to spare', () => {
  const plan = { quietDays: 1, brownout: [...STEPS], callers: ['key:billing'] };
  expect(orderOf(plan, { id: 7, startedMs: 1, step: 1 })).toEqual({
    id: 7,
    startedMs: 1,
    step: 1,
    status: 503,
    callers: ['key:billing'],
  });
});
