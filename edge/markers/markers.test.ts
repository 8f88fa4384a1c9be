import { describe, expect, it } from '@jest/globals';
import { silentLog } from '../../shared/index.ts';
import { ManualClock, settle } from '../testing/manual-clock.fixture.ts';
import { MemoryMarkerStore } from './marker-store.ts';
import { Markers, type Watermarks } from './markers.ts';

describe('the marker of a write', () => {
  it('invariant 1: stands from before the write is sent until the other side has applied a later position', async () => {
    const { log, markers } = unit();
    expect(markers.isApplied('7', 'legacy')).toBe(true);
    markers.begin('7', 'legacy');
    log.applied = 99;
    expect(markers.isApplied('7', 'legacy')).toBe(false);
    log.head = 100;
    void markers.end('7', 'legacy', 'answered');
    await settle();
    expect(markers.isApplied('7', 'legacy')).toBe(false);
    log.applied = 100;
    expect(markers.isApplied('7', 'legacy')).toBe(true);
  });

  it('invariant 1: of several writes, the last one counts', async () => {
    const { log, markers } = unit();
    for (const head of [10, 20]) {
      log.head = head;
      markers.begin('7', 'legacy');
      await markers.end('7', 'legacy', 'answered');
    }
    log.applied = 10;
    expect(markers.isApplied('7', 'legacy')).toBe(false);
    log.applied = 20;
    expect(markers.isApplied('7', 'legacy')).toBe(true);
  });

  it('is of no concern to other subjects and to the other direction', () => {
    const { markers } = unit();
    markers.begin('7', 'legacy');
    expect(markers.isApplied('8', 'legacy')).toBe(true);
    expect(markers.isApplied('7', 'service')).toBe(true);
  });

  it('goes away when the write was never sent', async () => {
    const { markers, log } = unit();
    markers.begin('7', 'legacy');
    await markers.end('7', 'legacy', 'unsent');
    expect(markers.isApplied('7', 'legacy')).toBe(true);
    expect(log.asked).toBe(0);
  });

  it('waits out the application when the answer was lost, and samples only then', async () => {
    const { clock, log, markers } = unit();
    log.applied = 50;
    markers.begin('7', 'legacy');
    void markers.end('7', 'legacy', 'unknown');
    await clock.advance(29_999);
    log.head = 60; // The write is committed late.
    expect(markers.isApplied('7', 'legacy')).toBe(false);
    await clock.advance(1);
    expect(markers.isApplied('7', 'legacy')).toBe(false);
    log.applied = 60;
    expect(markers.isApplied('7', 'legacy')).toBe(true);
  });

  it('invariant 1: after a start covers everybody until the floor is applied', async () => {
    const { log, markers } = unit();
    log.head = 5;
    const raised = markers.raiseFloor('legacy');
    expect(markers.isApplied('7', 'legacy')).toBe(false);
    await raised;
    expect(markers.isApplied('7', 'legacy')).toBe(false);
    log.applied = 5;
    expect(markers.isApplied('7', 'legacy')).toBe(true);
  });

  it('stands while the log cannot be asked', async () => {
    const { clock, log, markers } = unit();
    log.isDown = true;
    log.applied = 1000;
    markers.begin('7', 'legacy');
    void markers.end('7', 'legacy', 'answered');
    await clock.advance(10_000);
    expect(markers.isApplied('7', 'legacy')).toBe(false);
    log.isDown = false;
    await clock.advance(10_000);
    expect(markers.isApplied('7', 'legacy')).toBe(true);
  });

  it('asks the log once for all who end while a question is under way', async () => {
    const { log, markers } = unit();
    for (const id of ['1', '2', '3', '4']) markers.begin(id, 'legacy');
    await Promise.all(['1', '2', '3', '4'].map((id) => markers.end(id, 'legacy', 'answered')));
    expect(log.asked).toBe(2); // The first, and one for all who came during it.
  });

  it('invariant 1: is not lost when there is no room for it: everybody is covered instead', async () => {
    const { log, markers } = unit(1);
    log.head = 7;
    markers.begin('1', 'legacy');
    await markers.end('1', 'legacy', 'answered');
    markers.begin('2', 'legacy');
    expect(markers.isApplied('1', 'legacy')).toBe(false);
    log.applied = 7;
    expect(markers.isApplied('1', 'legacy')).toBe(true);
  });

  it('is forgotten once applied', async () => {
    const { log, markers } = unit();
    markers.begin('1', 'legacy');
    await markers.end('1', 'legacy', 'answered');
    log.applied = 0;
    markers.sweep();
    expect(markers.size).toBe(1);
    log.applied = 1;
    markers.sweep();
    expect(markers.size).toBe(0);
  });
});

interface FakeLog {
  head: number;
  applied: number;
  asked: number;
  isDown: boolean;
}

function unit(room = 10): { log: FakeLog; clock: ManualClock; markers: Markers } {
  const log: FakeLog = { head: 1, applied: 0, asked: 0, isDown: false };
  const watermarks: Watermarks = {
    head: async () => {
      log.asked++;
      await Promise.resolve();
      if (log.isDown) throw new Error('no connection');
      return { at: log.head };
    },
    isLevel: () => true,
    isApplied: (_unit, marker) => (marker.at as { at: number }).at <= log.applied,
  };
  const clock = new ManualClock();
  const store = new MemoryMarkerStore(room);
  return {
    log,
    clock,
    markers: new Markers({ unit: 'trips', watermarks, clock, log: silentLog, store, unknownOutcomeMs: 30_000 }),
  };
}
