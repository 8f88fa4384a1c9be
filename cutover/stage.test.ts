import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { ceilingsAt, isForwards, nextStage, ownerAt, type Stage, type StageEvent } from './stage.ts';

const ladder = [{ cohort: 'beta', percent: 100 }, { percent: 1 }, { percent: 10 }, { percent: 50 }, { percent: 100 }];
const rungs = ladder.length;
const names = ['legacy', 'shadow', 'canary', 'reads', 'owned', 'retired'] as const;
const events: StageEvent[] = [
  { type: 'advance' },
  { type: 'cut-over' },
  { type: 'roll-back' },
  { type: 'retire' },
  ...names.map((stage) => ({ type: 'go-to', stage }) as const),
  { type: 'go-to', stage: 'canary', rung: 0 },
  { type: 'go-to', stage: 'canary', rung: 4 },
  { type: 'go-to', stage: 'canary', rung: 9 },
];

const forwards: Partial<Record<Stage['name'], StageEvent>> = { reads: { type: 'cut-over' }, owned: { type: 'retire' } };

/** Every history of up to `depth` events from stage legacy, as (before, event, after) steps. */
function walk(depth: number, visit: (before: Stage, event: StageEvent, after: Stage) => void): void {
  const seen = new Set<string>();
  const go = (stage: Stage, left: number): void => {
    if (left === 0 || seen.has(`${JSON.stringify(stage)}${left}`)) return;
    seen.add(`${JSON.stringify(stage)}${left}`);
    for (const event of events) {
      const result = nextStage(stage, event, rungs);
      if ('refused' in result) continue;
      visit(stage, event, result.next);
      go(result.next, left - 1);
    }
  };
  go({ name: 'legacy' }, depth);
}

describe('nextStage', () => {
  it('invariant 2: ownership moves by cut-over and roll-back alone, in every history of 12 events', () => {
    let steps = 0;
    walk(12, (before, event, after) => {
      steps++;
      const moved = ownerAt(before) !== ownerAt(after);
      expect(moved).toBe(event.type === 'cut-over' || event.type === 'roll-back');
    });
    expect(steps).toBeGreaterThan(100);
  });

  it('never skips a step on the way forward', () => {
    walk(12, (before, _, after) => {
      if (!isForwards(before, after)) return;
      const direct = nextStage(before, forwards[before.name] ?? { type: 'advance' }, rungs);
      expect(direct).toEqual({ next: after });
    });
  });

  it('leaves an owned unit only by rollback, and says so', () => {
    const refusal = nextStage({ name: 'owned' }, { type: 'go-to', stage: 'legacy' }, rungs);
    expect(refusal).toEqual({ refused: 'the service owns the rows; go back with: banyan rollback <unit>' });
  });

  it('retires only what the service owns, and lets nothing come back from there', () => {
    for (const name of names)
      expect('next' in nextStage(name === 'canary' ? { name, rung: 0 } : { name }, { type: 'retire' }, rungs)).toBe(
        name === 'owned',
      );
    for (const event of events) expect(nextStage({ name: 'retired' }, event, rungs)).toHaveProperty('refused');
  });

  it('may go back to legacy from anywhere while legacy owns the rows', () => {
    for (const stage of [{ name: 'shadow' }, { name: 'canary', rung: 3 }, { name: 'reads' }] as const)
      expect(nextStage(stage, { type: 'go-to', stage: 'legacy' }, rungs)).toEqual({ next: { name: 'legacy' } });
  });
});

describe('ceilingsAt', () => {
  it('invariant 7: a later rung never takes exposure away from any cohort', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: rungs - 2 }), (rung) => {
        const lower = ceilingsAt({ name: 'canary', rung }, ladder);
        const higher = ceilingsAt({ name: 'canary', rung: rung + 1 }, ladder);
        for (const [cohort, ceiling] of Object.entries(lower)) expect(higher[cohort]).toBeGreaterThanOrEqual(ceiling);
      }),
    );
  });

  it('counts in hundredths of a percent', () => {
    expect(ceilingsAt({ name: 'canary', rung: 0 }, [{ percent: 0.29 }])).toEqual({ everyone: 29 });
  });

  it('exposes nobody before canary and everybody from reads on', () => {
    expect(ceilingsAt({ name: 'shadow' }, ladder)).toEqual({});
    expect(ceilingsAt({ name: 'reads' }, ladder)).toEqual({ everyone: 10_000 });
  });
});
