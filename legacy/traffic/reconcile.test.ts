import { describe, expect, it } from '@jest/globals';
import { reconcile, type OwnerTrip } from './reconcile.ts';
import type { TrackedTrip } from './tracked.ts';

const row: OwnerTrip = {
  clientRef: 'trip-a',
  id: '10',
  status: 'requested',
  note: 'n2',
  dropoff: null,
  fare: '0.00',
  deleted: false,
};
const position = { clientRef: 'p1', recordedAt: 't', lat: '1', lng: '2', acknowledged: true };
const state = { id: '10', status: 'requested', note: 'n2', dropoff: null, fare: '0.00', extras: null };

function tracked(change: Partial<TrackedTrip> = {}): TrackedTrip {
  return { userId: 1, clientRef: 'trip-a', id: '10', states: [state], deleted: 'no', points: [position], ...change };
}

const point = { clientRef: 'p1', tripId: '10' };
const clean = { lostWrites: 0, doubledWrites: 0, findings: [] };

describe('reconcile', () => {
  it('is content when every acknowledged write is there once', () => {
    expect(reconcile({ tracked: [tracked()], trips: [row], points: [point] })).toEqual({ checked: 2, ...clean });
  });

  it('reports a lost creation and a lost position', () => {
    const { lostWrites, findings } = reconcile({ tracked: [tracked()], trips: [], points: [] });
    expect(lostWrites).toBe(2);
    expect(findings.map((finding) => finding.clientRef)).toEqual(['trip-a', 'p1']);
  });

  it('reports a trip that went back to an older state', () => {
    const { findings } = reconcile({ tracked: [tracked()], trips: [{ ...row, note: 'n1' }], points: [point] });
    expect(findings).toEqual([{ kind: 'lost', clientRef: 'trip-a', what: 'trip 10: note is not as acknowledged' }]);
  });

  it('reports a deletion that was undone', () => {
    expect(reconcile({ tracked: [tracked({ deleted: 'yes' })], trips: [row], points: [point] }).lostWrites).toBe(1);
  });

  it('reports doubled trips and positions', () => {
    const result = reconcile({ tracked: [tracked()], trips: [row, { ...row, id: '11' }], points: [point, point] });
    expect(result.doubledWrites).toBe(2);
  });

  it('accepts both outcomes of a write whose outcome is unknown, but not a third', () => {
    const open = tracked({ states: [state, { ...state, note: 'n3' }], deleted: 'unknown' });
    const outcome = (note: string, deleted: boolean): number =>
      reconcile({ tracked: [open], trips: [{ ...row, note, deleted }], points: [point] }).lostWrites;
    expect([outcome('n2', false), outcome('n3', true), outcome('n1', false)]).toEqual([0, 0, 1]);
  });

  it('does not ask for a creation that was never acknowledged, but counts it once at most', () => {
    const { id: _id, ...rest } = tracked({ states: [{ note: 'n2' }], points: [] });
    expect(reconcile({ tracked: [rest], trips: [], points: [] })).toEqual({ checked: 0, ...clean });
    expect(reconcile({ tracked: [rest], trips: [row, row], points: [] }).doubledWrites).toBe(1);
  });
});
