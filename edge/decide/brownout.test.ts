import { expect, it } from '@jest/globals';
import { Brownout } from './brownout.ts';

const ORDER = { id: 7, status: 503, callers: ['key:billing'] } as const;

it('breaks who still needs legacy, whoever they are or are not', () => {
  const brownout = new Brownout();
  expect([brownout.of(ORDER, '12'), brownout.of(ORDER, undefined)]).toEqual([ORDER, ORDER]);
  expect(brownout.of(undefined, '12')).toBeUndefined();
});

it('ends for everybody when somebody comes who must not be broken, until another one begins', () => {
  const brownout = new Brownout();
  expect(brownout.of(ORDER, 'key:billing')).toBeUndefined();
  expect(brownout.of({ ...ORDER, status: 410 }, '12')).toBeUndefined();
  expect(brownout.endedId).toBe(7);
  expect(brownout.of({ ...ORDER, id: 9 }, '12')).toEqual({ ...ORDER, id: 9 });
});
