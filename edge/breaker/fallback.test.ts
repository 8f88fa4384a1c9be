import { describe, expect, it } from '@jest/globals';
import { judgeFallback, mayTryAnotherEndpoint, type FailedAttempt } from './fallback.ts';

const SAFE = ['GET', 'HEAD', 'OPTIONS'];
const UNSAFE = ['POST', 'PUT', 'PATCH', 'DELETE'];

/** A read of the unit that could not be connected, while legacy owns the rows. */
const refused: FailedAttempt = {
  target: 'service',
  owner: 'legacy',
  isSafe: true,
  wasSent: false,
  hasAnswerBegun: false,
  isBodyKept: true,
  form: 'plain',
  isOwnWritePending: false,
  msLeft: 1000,
  legacyP95Ms: 50,
  isLegacyBroken: false,
  isBudgetSpent: false,
};

const progress = {
  'nothing sent': {},
  'sent, no answer': { wasSent: true },
  'answer begun': { wasSent: true, hasAnswerBegun: true },
};
const bodies = { 'body kept': {}, 'body gone': { isBodyKept: false } };

type Verdict = ReturnType<typeof judgeFallback>;

/** Owner × method × bytes sent × body: the whole matrix, by rows of equal verdicts. */
const matrix: [owner: 'legacy' | 'service', methods: string[], keyof typeof progress, keyof typeof bodies, Verdict][] =
  [
    ['legacy', SAFE, 'nothing sent', 'body kept', 'ok'],
    ['legacy', SAFE, 'nothing sent', 'body gone', 'body-gone'],
    ['legacy', SAFE, 'sent, no answer', 'body kept', 'ok'],
    ['legacy', SAFE, 'sent, no answer', 'body gone', 'body-gone'],
    ['legacy', SAFE, 'answer begun', 'body kept', 'answer-begun'],
    ['legacy', SAFE, 'answer begun', 'body gone', 'answer-begun'],
    ['legacy', UNSAFE, 'nothing sent', 'body kept', 'ok'],
    ['legacy', UNSAFE, 'nothing sent', 'body gone', 'body-gone'],
    ['legacy', UNSAFE, 'sent, no answer', 'body kept', 'may-be-done'],
    ['legacy', UNSAFE, 'sent, no answer', 'body gone', 'may-be-done'],
    ['legacy', UNSAFE, 'answer begun', 'body kept', 'answer-begun'],
    ['legacy', UNSAFE, 'answer begun', 'body gone', 'answer-begun'],
    ...[SAFE, UNSAFE].flatMap((methods) =>
      (Object.keys(progress) as (keyof typeof progress)[]).flatMap((sent) =>
        (Object.keys(bodies) as (keyof typeof bodies)[]).map((body): (typeof matrix)[number] => [
          'service',
          methods,
          sent,
          body,
          'service-owns',
        ]),
      ),
    ),
  ];

describe('falling back to legacy', () => {
  it.each(
    matrix.flatMap(([owner, methods, sent, body, verdict]) =>
      methods.map((method) => [owner, method, sent, body, verdict] as const),
    ),
  )('%s owns, %s, %s, %s: %s', (owner, method, sent, body, verdict) => {
    const isSafe = SAFE.includes(method);
    expect(judgeFallback({ ...refused, owner, isSafe, ...progress[sent], ...bodies[body] })).toBe(verdict);
  });

  it.each<[Partial<FailedAttempt>, Verdict]>([
    [{ target: 'legacy' }, 'not-of-the-service'],
    [{ form: 'upgrade' }, 'upgrade'],
    [{ form: 'event-stream' }, 'event-stream'],
    [{ form: 'range' }, 'range'],
    [{ isOwnWritePending: true }, 'own-write-pending'],
    [{ isLegacyBroken: true }, 'legacy-broken'],
    [{ msLeft: 49 }, 'too-late'],
    [{ isBudgetSpent: true }, 'budget-spent'],
  ])('never with %j', (change, verdict) => {
    expect(judgeFallback({ ...refused, ...change })).toBe(verdict);
    expect(judgeFallback({ ...refused, wasSent: true, ...change })).toBe(verdict);
  });

  it('every single condition is needed: nothing that lacks two of them passes either', () => {
    const against: Partial<FailedAttempt>[] = [
      { owner: 'service' },
      { isSafe: false, wasSent: true },
      { hasAnswerBegun: true },
      { isBodyKept: false },
      { form: 'range' },
      { isOwnWritePending: true },
      { msLeft: 0 },
      { isLegacyBroken: true },
      { isBudgetSpent: true },
    ];
    for (const one of against)
      for (const other of against) expect(judgeFallback({ ...refused, ...one, ...other })).not.toBe('ok');
  });
});

describe('another endpoint of the same target', () => {
  it.each<[string, Partial<FailedAttempt>, boolean]>([
    ['a read that could not be connected', {}, true],
    ['a read without an answer', { wasSent: true }, true],
    ['a read of what the service owns', { owner: 'service', wasSent: true }, true],
    ['a write that could not be connected', { owner: 'service', isSafe: false }, true],
    ['a write that may have been carried out', { owner: 'service', isSafe: false, wasSent: true }, false],
    ['a read whose answer broke off', { wasSent: true, hasAnswerBegun: true }, false],
    ['a body that has gone', { isBodyKept: false }, false],
    ['a stream of events', { form: 'event-stream' }, false],
    ['a read whose time is over', { msLeft: 0 }, false],
    ['a read beyond the budget', { isBudgetSpent: true }, false],
  ])('%s: %j is %s', (_, change, may) => {
    expect(mayTryAnotherEndpoint({ ...refused, ...change })).toBe(may);
  });
});
