import { describe, expect, it } from '@jest/globals';
import { checkLast, checkList, checkSummary, checkTracking, checkTrip } from './check.ts';
import { createUserModel, type TrackedTrip, type UserModel } from './tracked.ts';

function trip(id: string, change: Partial<TrackedTrip> = {}): TrackedTrip {
  const states = [{ id, note: `note ${id}`, clientRef: `ref ${id}` }];
  return { userId: 1, clientRef: `ref ${id}`, id, states, deleted: 'no', points: [], ...change };
}

function modelWith(...trips: TrackedTrip[]): UserModel {
  const model = createUserModel(1);
  model.baseline = { trips: 4, lastTripId: '5', lastTripNote: 'old' };
  model.trips.push(...trips);
  return model;
}

const shown = (t: TrackedTrip) => t.states[0]!;
const place = (at: string) => ({ recordedAt: at, lat: '1.000000', lng: '2.000000' });
const sent = (at: string, acknowledged = true) => ({ ...place(at), clientRef: at, acknowledged });

describe('invariant 1, as the traffic judges it: nobody reads anything older than their own last acknowledged write', () => {
  it('detects an older note, an absent trip and a deleted one that is back', () => {
    const live = trip('10');
    expect(checkTrip(live, shown(live))).toEqual([]);
    expect(checkTrip(live, { ...shown(live), note: 'older' })).toEqual([
      { what: 'trip 10 note', expected: 'note 10', got: 'older' },
    ]);
    expect(checkTrip(live, undefined)).toHaveLength(1);
    expect(checkTrip(trip('11', { deleted: 'yes' }), shown(trip('11')))).toHaveLength(1);
  });

  it('accepts both outcomes of an unknown write until the newer one was seen', () => {
    const open = trip('10', { states: [{ note: 'a' }, { note: 'b' }] });
    expect(checkTrip(open, { note: 'a' })).toEqual([]);
    expect(checkTrip(open, { note: 'b' })).toEqual([]);
    expect(checkTrip(open, { note: 'a' })).toHaveLength(1);
  });

  it('wants own trips on the list, newest first, and deleted ones off it', () => {
    const [a, b, gone] = [trip('99'), trip('100'), trip('101', { deleted: 'yes' })];
    const model = modelWith(a, b, gone);
    expect(checkList(model, [shown(b), shown(a)], 20)).toEqual([]);
    expect(checkList(model, [shown(b)], 20)).toHaveLength(1);
    expect(checkList(model, [shown(b)], 1)).toEqual([]);
    expect(checkList(model, [shown(a), shown(b)], 20)).toHaveLength(1);
    expect(checkList(model, [shown(gone), shown(b), shown(a)], 20)).toHaveLength(1);
  });

  it('recognises on the list a creation whose outcome was unknown', () => {
    const { id: _id, ...lost } = trip('100');
    const model = modelWith(lost);
    expect(checkList(model, [], 20)).toEqual([]);
    expect(checkList(model, [{ ...shown(trip('100')) }], 20)).toEqual([]);
    expect(model.trips[0]?.id).toBe('100');
    expect(checkList(model, [], 20)).toHaveLength(1);
  });

  it('checks the count, the last trip and its note in the summary', () => {
    const model = modelWith(trip('10'), trip('11', { deleted: 'yes' }));
    const right = { trips: 5, lastTripId: '10', lastTripNote: 'note 10' };
    expect(checkSummary(model, right)).toEqual([]);
    expect(checkSummary(model, { ...right, trips: 4 })).toHaveLength(1);
    expect(checkSummary(model, { ...right, lastTripId: '5' })).toHaveLength(1);
    expect(checkSummary(model, { ...right, lastTripNote: 'before' })).toHaveLength(1);
    expect(checkSummary(modelWith(), { trips: 4, lastTripId: '5', lastTripNote: 'old' })).toEqual([]);
  });

  it('wants every acknowledged position once and in order; an unknown one may be there', () => {
    const tracked = trip('10', { points: [sent('1'), sent('2', false), sent('3')] });
    const ok = [
      [place('1'), place('3')],
      [place('1'), place('2'), place('3')],
    ];
    const bad = [[], [place('1')], [place('3'), place('1')], [place('1'), place('1'), place('3')]];
    for (const points of ok) expect(checkTracking(tracked, points)).toEqual([]);
    for (const points of bad) expect(checkTracking(tracked, points)).toHaveLength(1);
  });

  it('wants the newest acknowledged position as the last', () => {
    const tracked = trip('10', { points: [sent('1'), sent('2'), sent('3', false)] });
    expect([place('2'), place('3')].flatMap((point) => checkLast(tracked, point))).toEqual([]);
    expect(checkLast(tracked, place('1'))).toHaveLength(1);
    expect(checkLast(tracked, undefined)).toHaveLength(1);
    expect(checkLast(trip('11'), undefined)).toEqual([]);
  });
});
