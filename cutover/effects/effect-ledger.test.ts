import { describe, expect, it } from '@jest/globals';
import { EffectLedgers, sumOfEffects } from './effect-ledger.ts';

const START = 'POST /api/trips/{id}/start';
const FARE = { kind: 'different-column', path: 'trip_fare.amount_minor', count: 1 } as const;

describe('what a judge of writes has seen', () => {
  it('is counted by run, and of the last ones only', () => {
    const ledgers = new EffectLedgers();
    for (const run of ['one', 'two', 'three']) ledgers.of(run).add(START, 'equal');
    ledgers.of('three').add(START, 'different', [FARE]);
    expect(ledgers.report().map(({ run, revision }) => [run, revision])).toEqual([
      ['two', 1],
      ['three', 2],
    ]);
  });

  it('adds up over processes that were started anew, findings by place and class', () => {
    const told = [new EffectLedgers(), new EffectLedgers()].flatMap((ledgers, i) => {
      const tally = ledgers.of('run');
      tally.add(START, 'different', [FARE, { ...FARE, path: `trip.note${i}` }]);
      for (const verdict of ['equal', 'unsure', 'overtaken', 'ambiguous', 'not-found'] as const)
        tally.add(START, verdict);
      return ledgers.report();
    });
    expect(new Set(told.map(({ ledger }) => ledger)).size).toBe(2);
    expect([...sumOfEffects(told).values()]).toEqual([
      {
        route: START,
        equal: 2,
        different: 2,
        unsure: 2,
        overtaken: 2,
        ambiguous: 2,
        findings: [
          { ...FARE, count: 2 },
          { ...FARE, path: 'trip.note0' },
          { ...FARE, path: 'trip.note1' },
        ],
      },
    ]);
  });
});
