import { describe, expect, it } from '@jest/globals';
import { ceilingsAt, isForwards, type Stage } from '../stage.ts';
import { isConsistent, nextState, type UnitEvent, type UnitState } from './unit-transition.ts';

const ladder = [{ cohort: 'beta', percent: 100 }, { percent: 1 }, { percent: 100 }];
const rungs = ladder.length;
const stages = ['legacy', 'shadow', 'canary', 'reads', 'owned', 'retired'] as const;
const why = { who: 'ada', reason: 'x' };
const events: readonly UnitEvent[] = [
  { type: 'step', step: { type: 'advance' }, rungs },
  ...stages.map((stage) => ({ type: 'step', step: { type: 'go-to', stage }, rungs }) as const),
  ...[0, 1, 2, 3].map((rung) => ({ type: 'step', step: { type: 'go-to', stage: 'canary', rung }, rungs }) as const),
  { type: 'step', step: { type: 'retire' }, rungs },
  { type: 'begin', direction: 'cutover', ...why },
  { type: 'begin', direction: 'rollback', ...why },
  { type: 'take-back' },
  { type: 'commit' },
  { type: 'settle' },
  { type: 'brownout', order: { id: 1, step: 0, startedMs: 0, status: 503, callers: [] } },
];
const start: UnitState = { stage: { name: 'legacy' }, owner: 'legacy', epoch: 1 };

/** Every event that is taken, in every state that can be reached at all; epochs aside there are few. */
function transitions(): { before: UnitState; event: UnitEvent; after: UnitState }[] {
  const keyOf = ({ stage, handover, brownout }: UnitState): string =>
    JSON.stringify([stage, handover?.direction, handover?.progress, brownout]);
  const seen = new Map([[keyOf(start), start]]);
  const found = [];
  for (const before of seen.values())
    for (const event of events) {
      const result = nextState(before, event);
      if ('refused' in result) continue;
      found.push({ before, event, after: result.next });
      if (!seen.has(keyOf(result.next))) seen.set(keyOf(result.next), result.next);
    }
  return found;
}

const all = transitions();

describe('nextState, in every state that can be reached', () => {
  it('grows the epoch by one, and says of whom the rows are what the stage says', () => {
    // Seven stages and rungs below owned, owned with and without a brownout, retired; begun and taking-back at reads and owned; journalled at both.
    expect(
      new Set(all.map(({ after }) => JSON.stringify({ ...after, epoch: 0, handover: after.handover?.progress }))),
    ).toHaveProperty('size', 15);
    for (const { before, after } of all) {
      expect(after.epoch).toBe(before.epoch + 1);
      expect(isConsistent(after)).toBe(true);
    }
  });

  it('invariant 2: moves the rows by a commit alone, which only an attempt that nobody has ended can make', () => {
    for (const { before, event, after } of all) {
      expect(before.owner !== after.owner).toBe(event.type === 'commit');
      if (event.type === 'commit') expect(before.handover?.progress).toBe('begun');
    }
  });

  it('invariant 7: shows a subject less only by a step towards legacy or a rollback', () => {
    for (const { before, event, after } of all) {
      if (!isLess(before.stage, after.stage)) continue;
      expect(event.type === 'step' && isForwards(after.stage, before.stage)).toBe(true);
    }
  });

  it('invariant 8: ends an attempt that was not committed with owner and stage of before', () => {
    for (const { before, event, after } of all) {
      if (event.type !== 'take-back' && event.type !== 'settle') continue;
      expect([after.stage, after.owner]).toEqual([before.stage, before.owner]);
      if (event.type === 'settle') expect(after.handover).toBeUndefined();
    }
  });

  it('takes no step of a stage while a handover is under way, and has a way out of each', () => {
    const under = all.filter(({ before }) => before.handover);
    expect(under.some(({ event }) => event.type === 'step' || event.type === 'begin')).toBe(false);
    for (const { before } of under) expect('next' in nextState(before, { type: 'settle' })).toBe(true);
  });

  it('says why it refuses', () => {
    const begun = all.find(({ event }) => event.type === 'begin')?.after ?? start;
    const refusal = nextState(begun, { type: 'begin', direction: 'cutover', ...why });
    expect(refusal).toEqual({ refused: 'no cutover begins while a cutover is begun' });
    expect(nextState(start, { type: 'commit' })).toMatchObject({ refused: expect.stringContaining('no handover') });
  });
});

function isLess(before: Stage, after: Stage): boolean {
  const [from, to] = [ceilingsAt(before, ladder), ceilingsAt(after, ladder)];
  const reaches = (cohort: string): number => Math.max(to[cohort] ?? 0, to['everyone'] ?? 0);
  return Object.entries(from).some(([cohort, ceiling]) => reaches(cohort) < ceiling);
}
