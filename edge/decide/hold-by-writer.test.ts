import { describe, expect, it } from '@jest/globals';
import { Hold } from './hold.ts';
import { ManualClock } from '../testing/manual-clock.fixture.ts';

describe('the hold on the writes of some subjects', () => {
  const byWriter = (): Hold => new Hold(new ManualClock(), { byWriter: true });

  it('lets everybody else in, and nobody whose writes may be theirs', async () => {
    const hold = byWriter();
    expect(await hold.hold(100, ['7', '8'])).toBe(true);
    expect(['7', '8', undefined, '9'].map((writer) => hold.tryEnter(writer))).toEqual([false, false, false, true]);
    hold.release();
    expect(hold.tryEnter('7')).toBe(true);
  });

  it('is complete when their last write has left, whoever else is inside', async () => {
    const hold = byWriter();
    for (const writer of ['7', '7', '9', undefined]) hold.tryEnter(writer);
    const held = hold.hold(100, ['7']);
    for (const writer of ['7', undefined, '7']) hold.leave(writer);
    expect(await held).toBe(true);
    expect(hold.inside).toBe(1);
  });

  it('is incomplete while one of theirs is inside after the budget', async () => {
    const clock = new ManualClock();
    const hold = new Hold(clock, { byWriter: true });
    hold.tryEnter('7');
    const held = hold.hold(100, ['7']);
    await clock.advance(100);
    expect(await held).toBe(false);
  });

  it('still holds everybody when nobody is named', async () => {
    const hold = byWriter();
    hold.tryEnter('9');
    const held = hold.hold(100);
    hold.leave('9');
    expect(await held).toBe(true);
    expect(hold.tryEnter('9')).toBe(false);
  });
});
