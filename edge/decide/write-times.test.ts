import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.fixture.ts';
import { Hold } from './hold.ts';

function opened() {
  const clock = new ManualClock();
  return { clock, hold: new Hold(clock) };
}

describe('the times at which writes were inside', () => {
  it('are told as ages, one still inside until now', async () => {
    const { clock, hold } = opened();
    await clock.advance(500);
    hold.tryEnter();
    await clock.advance(200);
    hold.leave();
    await clock.advance(3_000);
    hold.tryEnter();
    await clock.advance(50);
    expect(hold.times.value()).toEqual({
      knownMs: 3_750,
      periods: [
        [3_250, 3_050],
        [50, 0],
      ],
    });
  });

  it('count several writes at a time as one period, from the first to the last', async () => {
    const { clock, hold } = opened();
    hold.tryEnter();
    await clock.advance(100);
    hold.tryEnter();
    hold.leave();
    await clock.advance(100);
    hold.leave();
    expect(hold.times.value().periods).toEqual([[200, 0]]);
  });

  it('lose nothing of the last minute, however many writes come and go', async () => {
    const { clock, hold } = opened();
    for (let i = 0; i < 200; i++) {
      hold.tryEnter();
      await clock.advance(10);
      hold.leave();
      await clock.advance(i % 3 === 0 ? 990 : 1_000);
    }
    const { knownMs, periods } = hold.times.value();
    expect(knownMs).toBe(60_000);
    expect(periods[0]?.[0]).toBeGreaterThan(58_000);
    expect(periods.every(([from, until]) => from > until && until <= 60_000)).toBe(true);
  });
});
