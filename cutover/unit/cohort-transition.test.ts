import { describe, expect, it } from '@jest/globals';
import { isConsistent, nextState, type UnitEvent, type UnitState } from './unit-transition.ts';

const reads: UnitState = { stage: { name: 'reads' }, owner: 'legacy', epoch: 5 };
const beta = { name: 'beta', keys: ['7', '8'] };

function begin(direction: 'cutover' | 'rollback', cohort?: typeof beta): UnitEvent {
  return { type: 'begin', direction, who: 'ada', reason: 'beta', ...(cohort && { cohort }) };
}

function walk(state: UnitState, ...events: UnitEvent[]): UnitState {
  return events.reduce((before, event) => {
    const result = nextState(before, event);
    if ('refused' in result) throw new Error(result.refused);
    expect(isConsistent(result.next)).toBe(true);
    return result.next;
  }, state);
}

const commit = { type: 'commit' } as const;
const settle = { type: 'settle' } as const;
const moved = walk(reads, begin('cutover', beta), commit, settle);

describe('a handover of a cohort', () => {
  it('moves its keys and leaves the unit where it is', () => {
    expect(moved).toEqual({ ...reads, epoch: 8, cohorts: { beta: ['7', '8'] } });
    expect(walk(moved, begin('rollback', beta), commit, settle)).toEqual({ ...reads, epoch: 11 });
  });

  it('invariant 8: leaves nothing but the epoch when it is taken back', () => {
    expect(walk(reads, begin('cutover', beta), settle)).toEqual({ ...reads, epoch: 7 });
    expect(walk(moved, begin('rollback', beta), { type: 'take-back' }, settle)).toEqual({ ...moved, epoch: 11 });
  });

  it('adds to those who have moved, and keeps other cohorts apart', () => {
    const more = walk(moved, begin('cutover', { name: 'beta', keys: ['9'] }), commit, settle);
    const two = walk(more, begin('cutover', { name: 'gold', keys: ['1'] }), commit, settle);
    expect(two.cohorts).toEqual({ beta: ['7', '8', '9'], gold: ['1'] });
    expect(walk(two, begin('rollback', beta), commit, settle).cohorts).toEqual({ gold: ['1'] });
  });

  it.each<[string, UnitState, UnitEvent, RegExp]>([
    ['at another stage', { ...reads, stage: { name: 'shadow' } }, begin('cutover', beta), /at stage reads only/],
    ['without anybody', reads, begin('cutover', { name: 'beta', keys: [] }), /nobody to move/],
    ['back from where it is not', reads, begin('rollback', beta), /legacy owns the rows of cohort beta/],
    ['beside another handover', walk(reads, begin('cutover')), begin('cutover', beta), /no cutover begins while/],
  ])('is refused %s', (_, state, event, reason) => {
    expect(nextState(state, event)).toEqual({ refused: expect.stringMatching(reason) });
  });

  it.each<[string, UnitEvent]>([
    ['a step', { type: 'step', step: { type: 'go-to', stage: 'legacy' }, rungs: 1 }],
    ['a cutover', begin('cutover')],
  ])('keeps the unit from %s until it is back', (_, event) => {
    expect(nextState(moved, event)).toEqual({ refused: expect.stringContaining('cohort beta') });
  });
});
