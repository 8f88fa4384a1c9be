import { describe, expect, it } from '@jest/globals';
import { silentLog } from '../../shared/index.ts';
import { ManualClock, settle } from '../testing/manual-clock.fixture.ts';
import { numberOf, numberPositions } from '../testing/number-positions.fixture.ts';
import type { MarkExchange, SharedMark } from './mark-exchange.ts';
import { Markers, type MarkKeys } from './markers.ts';
import type { Watermarks } from './watermarks.ts';

describe('the marker of a write', () => {
  it('invariant 1: stands from before the write is sent until the other side has applied a later position', async () => {
    const { log, markers } = unit();
    expect(isApplied(markers, '7', 'legacy')).toBe(true);
    const write = markers.begin(by('7'), 'legacy');
    log.applied = 99;
    expect(isApplied(markers, '7', 'legacy')).toBe(false);
    log.head = 100;
    void write.end('answered');
    await settle();
    expect(isApplied(markers, '7', 'legacy')).toBe(false);
    log.applied = 100;
    expect(isApplied(markers, '7', 'legacy')).toBe(true);
  });

  it('invariant 1: of several writes, the last one counts', async () => {
    const { log, markers } = unit();
    for (const head of [10, 20]) {
      log.head = head;
      const write = markers.begin(by('7'), 'legacy');
      await write.end('answered');
    }
    log.applied = 10;
    expect(isApplied(markers, '7', 'legacy')).toBe(false);
    log.applied = 20;
    expect(isApplied(markers, '7', 'legacy')).toBe(true);
  });

  it('is of no concern to other subjects and to the other direction', () => {
    const { markers } = unit();
    markers.begin(by('7'), 'legacy');
    expect(isApplied(markers, '8', 'legacy')).toBe(true);
    expect(isApplied(markers, '7', 'service')).toBe(true);
  });

  it('goes away when the write was never sent', async () => {
    const { markers, log } = unit();
    const write = markers.begin(by('7'), 'legacy');
    await write.end('unsent');
    expect(isApplied(markers, '7', 'legacy')).toBe(true);
    expect(log.asked).toBe(0);
  });

  it('waits out the application when the answer was lost, and samples only then', async () => {
    const { clock, log, markers } = unit();
    log.applied = 50;
    const write = markers.begin(by('7'), 'legacy');
    void write.end('unknown');
    await clock.advance(29_999);
    log.head = 60; // The write is committed late.
    expect(isApplied(markers, '7', 'legacy')).toBe(false);
    await clock.advance(1);
    expect(isApplied(markers, '7', 'legacy')).toBe(false);
    log.applied = 60;
    expect(isApplied(markers, '7', 'legacy')).toBe(true);
  });

  it('invariant 1: after a start covers everybody until the floor is applied', async () => {
    const { log, markers } = unit();
    log.head = 5;
    const raised = markers.raiseFloor('legacy');
    expect(isApplied(markers, '7', 'legacy')).toBe(false);
    await raised;
    expect(isApplied(markers, '7', 'legacy')).toBe(false);
    log.applied = 5;
    expect(isApplied(markers, '7', 'legacy')).toBe(true);
  });

  it('stands while the log cannot be asked', async () => {
    const { clock, log, markers } = unit();
    log.isDown = true;
    log.applied = 1000;
    const write = markers.begin(by('7'), 'legacy');
    void write.end('answered');
    await clock.advance(10_000);
    expect(isApplied(markers, '7', 'legacy')).toBe(false);
    log.isDown = false;
    await clock.advance(10_000);
    expect(isApplied(markers, '7', 'legacy')).toBe(true);
  });

  it('asks the log once for all who end while a question is under way', async () => {
    const { log, markers } = unit();
    const writes = ['1', '2', '3', '4'].map((id) => markers.begin(by(id), 'legacy'));
    await Promise.all(writes.map((write) => write.end('answered')));
    expect(log.asked).toBe(2); // The first, and one for all who came during it.
  });

  it('invariant 1: is not lost when there is no room for it: everybody is covered instead', async () => {
    const { log, markers } = unit(1);
    log.head = 7;
    const write = markers.begin(by('1'), 'legacy');
    await write.end('answered');
    markers.begin(by('2'), 'legacy');
    expect(isApplied(markers, '1', 'legacy')).toBe(false);
    log.applied = 7;
    expect(isApplied(markers, '1', 'legacy')).toBe(true);
  });

  it('is forgotten once applied', async () => {
    const { log, markers } = unit();
    const write = markers.begin(by('1'), 'legacy');
    await write.end('answered');
    log.applied = 0;
    markers.sweep();
    expect(markers.size).toBe(1);
    log.applied = 1;
    markers.sweep();
    expect(markers.size).toBe(0);
  });

  it('waits for what the application writes after its answer, where the route says so', async () => {
    const { clock, log, markers } = unit();
    log.applied = 50;
    const write = markers.begin(by('7'), 'legacy');
    void write.end('answered', 400);
    await clock.advance(399);
    log.head = 60;
    expect(isApplied(markers, '7', 'legacy')).toBe(false);
    await clock.advance(1);
    log.applied = 60;
    expect(isApplied(markers, '7', 'legacy')).toBe(true);
  });

  it('stands for everybody who reads what was written', async () => {
    const { log, markers } = unit();
    log.head = 3;
    const write = markers.begin({ subject: '7', entity: 'trip/9' }, 'legacy');
    expect(markers.isApplied('8', 'trip/9', 'legacy')).toBe(false);
    expect(markers.isApplied('8', 'trip/10', 'legacy')).toBe(true);
    await write.end('answered');
    log.applied = 3;
    expect(markers.isApplied('8', 'trip/9', 'legacy')).toBe(true);
  });

  it('is followed by what its subject has read from the owner since', async () => {
    const { log, markers } = unit();
    const write = markers.begin(by('7'), 'legacy');
    await write.end('answered');
    log.head = 8; // Somebody else's write, which the subject sees on legacy.
    await markers.beginRead('7', 'legacy').end('answered');
    log.applied = 7;
    expect(isApplied(markers, '7', 'legacy')).toBe(false);
    log.applied = 8;
    expect(isApplied(markers, '7', 'legacy')).toBe(true);
  });
});

describe('the markers of several edges', () => {
  it('invariant 1: are told to the others before the write, and its position after it', async () => {
    const { log, markers, told } = unit();
    log.head = 5;
    const write = markers.begin({ subject: '7', entity: 'trip/9' }, 'legacy');
    expect(told).toEqual([{ unit: 'trips', side: 'legacy', subject: '7', entity: 'trip/9' }]);
    await write.end('answered');
    expect(told.at(-1)).toEqual({ ended: '5' });
  });

  it('invariant 1: of another edge stand until its position is heard and applied', () => {
    const { log, markers } = unit();
    const foreign = markers.begunElsewhere({ unit: 'trips', side: 'legacy', subject: '7', entity: 'trip/9' });
    log.applied = 100;
    expect([isApplied(markers, '7', 'legacy'), markers.isApplied('8', 'trip/9', 'legacy')]).toEqual([false, false]);
    foreign.end('101');
    expect(isApplied(markers, '7', 'legacy')).toBe(false);
    log.applied = 101;
    expect([isApplied(markers, '7', 'legacy'), markers.isApplied('8', 'trip/9', 'legacy')]).toEqual([true, true]);
  });

  it.each([
    ['an edge that is gone, after the time its application may take', 'abandon' as const],
    ['a position nobody can read', 'garbage' as const],
  ])('get a position of our own in place of that of %s', async (_, how) => {
    const { clock, log, markers } = unit();
    log.head = 9;
    const foreign = markers.begunElsewhere({ unit: 'trips', side: 'legacy', subject: '7', entity: undefined });
    if (how === 'abandon') foreign.abandon();
    else foreign.end('nonsense');
    await clock.advance(30_000);
    log.applied = 8;
    expect(isApplied(markers, '7', 'legacy')).toBe(false);
    log.applied = 9;
    expect(isApplied(markers, '7', 'legacy')).toBe(true);
  });

  it('tell what was on a side at a moment from what came after', async () => {
    const { log, markers } = unit();
    log.applied = 100;
    const before = performance.now();
    expect(markers.isCovered('service', before)).toBe(false);
    await markers.raiseFloor('service');
    expect(markers.isCovered('service', before)).toBe(true);
    expect(markers.isCovered('service', performance.now() + 1)).toBe(false);
  });
});

interface FakeLog {
  head: number;
  applied: number;
  asked: number;
  isDown: boolean;
}

interface Unit {
  readonly log: FakeLog;
  readonly clock: ManualClock;
  readonly markers: Markers;
  readonly told: (SharedMark | { ended: string | undefined })[];
}

function unit(room = 10): Unit {
  const log: FakeLog = { head: 1, applied: 0, asked: 0, isDown: false };
  const told: Unit['told'] = [];
  const watermarks: Watermarks = {
    positions: numberPositions,
    head: async () => {
      log.asked++;
      await Promise.resolve();
      if (log.isDown) throw new Error('no connection');
      return { at: log.head };
    },
    isLevel: () => true,
    isApplied: (_unit, marker) => numberOf(marker.at) <= log.applied,
  };
  const exchange: MarkExchange = {
    isLive: () => true,
    canTell: () => true,
    follow: () => undefined,
    announce: (mark) => {
      told.push(mark);
      return { isClear: true, onClear: () => undefined, end: (at) => void told.push({ ended: at }) };
    },
  };
  const clock = new ManualClock();
  const rooms = { subjects: room, entities: room };
  const options = { unit: 'trips', watermarks, clock, log: silentLog, exchange, room: rooms };
  return { log, clock, told, markers: new Markers({ ...options, unknownOutcomeMs: 30_000 }) };
}

function by(subject: string): MarkKeys {
  return { subject, entity: undefined };
}

function isApplied(markers: Markers, subject: string, side: 'legacy' | 'service'): boolean {
  return markers.isApplied(subject, undefined, side);
}
