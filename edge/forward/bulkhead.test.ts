import { describe, expect, it } from '@jest/globals';
import type { ClientResponse } from '../client.ts';
import { Bulkhead, placeOfPath, placeOfRoute } from './bulkhead.ts';

const CLIENT = { destroyed: false } as ClientResponse;
const GONE = { destroyed: true } as ClientResponse;

function bulkhead(changes: { room?: number; queue?: number; waitMs?: number } = {}): Bulkhead {
  return new Bulkhead({ room: 2, queue: 3, waitMs: 10_000, ...changes });
}

describe('a bulkhead', () => {
  it('lets so many of one place in, and any number of places', () => {
    const walls = bulkhead();
    expect([1, 1, 1, 2].map((place) => walls.enter(place))).toEqual([true, true, false, true]);
    walls.leave(1);
    expect(walls.enter(1)).toBe(true);
  });

  it('gives the room of who leaves to who waits longest, and to nobody who has left', async () => {
    const walls = bulkhead({ room: 1 });
    walls.enter(1);
    const [gone, first, second] = [walls.wait(1, GONE), walls.wait(1, CLIENT), walls.wait(1, CLIENT)];
    walls.leave(1);
    expect([await gone, await first]).toEqual([false, true]);
    expect(walls.enter(1)).toBe(false);
    walls.leave(1);
    expect(await second).toBe(true);
    walls.leave(1);
    expect(walls.enter(1)).toBe(true);
  });

  it('turns away who is one too many, or has waited too long', async () => {
    const walls = bulkhead({ room: 0, queue: 1, waitMs: 5 });
    const waiting = walls.wait(1, CLIENT);
    expect(await walls.wait(2, CLIENT)).toBe(false);
    expect(await waiting).toBe(false);
    const again = walls.wait(1, CLIENT);
    expect(await again).toBe(false);
  });

  it('tells features apart by their first two segments, and routes by number', () => {
    expect(placeOfPath('/reports/pdf/1')).toBe(placeOfPath('/reports/pdf/2?x=1'));
    expect(placeOfPath('/reports/pdf/1')).not.toBe(placeOfPath('/reports/csv/1'));
    expect(placeOfPath('/')).toBeGreaterThanOrEqual(256);
    expect([placeOfRoute(0), placeOfRoute(255), placeOfRoute(256)]).toEqual([0, 255, 0]);
  });
});
