import { describe, expect, it } from '@jest/globals';
import { systemClock, waitUntil, type Clock } from './clock.ts';

/** Time that only passes when somebody sleeps. */
function fakeClock(): Clock & { slept: number } {
  const clock = {
    slept: 0,
    now: () => clock.slept,
    sleep: (ms: number) => {
      clock.slept += ms;
      return Promise.resolve();
    },
  };
  return clock;
}

describe('waitUntil', () => {
  it('answers true as soon as it is ready', async () => {
    const clock = fakeClock();
    expect(await waitUntil(() => clock.slept >= 20, { clock, budgetMs: 100, everyMs: 10 })).toBe(true);
    expect(clock.slept).toBe(20);
  });

  it('answers false when the budget has run out, and does not go on', async () => {
    const clock = fakeClock();
    expect(await waitUntil(() => false, { clock, budgetMs: 100, everyMs: 10 })).toBe(false);
    expect(clock.slept).toBe(100);
  });

  it('answers false at once when the signal was aborted', async () => {
    expect(await waitUntil(() => false, { clock: fakeClock(), budgetMs: 100, signal: AbortSignal.abort() })).toBe(
      false,
    );
  });
});

describe('systemClock', () => {
  it('wakes a sleeper whose signal aborts', async () => {
    const abort = new AbortController();
    const slept = systemClock.sleep(60_000, abort.signal);
    abort.abort();
    await expect(slept).resolves.toBeUndefined();
  });
});
