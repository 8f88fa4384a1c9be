import { describe, expect, it } from '@jest/globals';
import { Hold } from './hold.ts';
import { ManualClock, settle } from '../testing/manual-clock.fixture.ts';

const here = new AbortController().signal;

describe('the hold on writes', () => {
  it('is complete at once when nobody is inside', async () => {
    expect(await new Hold(new ManualClock()).hold(100)).toBe(true);
  });

  it('is complete when the last write inside has left', async () => {
    const hold = new Hold(new ManualClock());
    expect([hold.tryEnter(), hold.tryEnter()]).toEqual([true, true]);
    const held = hold.hold(100);
    expect(hold.tryEnter()).toBe(false);
    hold.leave();
    await settle();
    hold.leave();
    expect(await held).toBe(true);
  });

  it('is incomplete when a write is still inside after the budget, and keeps newcomers out all the same', async () => {
    const clock = new ManualClock();
    const hold = new Hold(clock);
    hold.tryEnter();
    const held = hold.hold(100);
    await clock.advance(100);
    expect(await held).toBe(false);
    expect(hold.tryEnter()).toBe(false);
  });

  it('lets those who wait go on at the release', async () => {
    const hold = new Hold(new ManualClock());
    await hold.hold(100);
    const waiting = hold.wait(3000, here);
    hold.release();
    expect(await waiting).toBe('released');
    expect(hold.tryEnter()).toBe(true);
  });

  it('tells those who waited too long, and those who left', async () => {
    const clock = new ManualClock();
    const hold = new Hold(clock);
    await hold.hold(100);
    const client = new AbortController();
    const waits = [hold.wait(3000, here), hold.wait(9000, client.signal)];
    await clock.advance(3000);
    client.abort();
    expect(await Promise.all(waits)).toEqual(['expired', 'gone']);
  });
});
