import { describe, expect, it } from '@jest/globals';
import type { Clock } from '../../shared/index.ts';
import { Throttle, type ThrottleLimits } from './throttle.ts';

const never = new AbortController().signal;

function throttleOf(limits: ThrottleLimits, readings: { threads?: number[]; busy?: (string | undefined)[] } = {}) {
  let now = 1_000;
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  };
  const reasons: (string | undefined)[] = [];
  const throttle = new Throttle({
    limits: { ...limits, ...(readings.busy && { targetBusy: async () => readings.busy?.shift() }) },
    readSourceThreads: async () => readings.threads?.shift() ?? 1,
    clock,
    onWait: (reason) => reasons.push(reason),
  });
  return { throttle, reasons, elapsed: () => now - 1_000 };
}

describe('a throttle', () => {
  it('lets everything pass without limits', async () => {
    const { throttle, reasons, elapsed } = throttleOf({});
    for (let i = 0; i < 100; i++) await throttle.pass(1000, Infinity, never);
    expect(elapsed()).toBe(0);
    expect(reasons).toEqual([]);
  });

  it('keeps rows below their rate', async () => {
    const { throttle, elapsed } = throttleOf({ rowsPerS: 500 });
    for (let i = 0; i < 11; i++) await throttle.pass(100, Infinity, never);
    expect(elapsed()).toBe(2000);
  });

  it('waits while the source runs more threads than allowed, and says so', async () => {
    const { throttle, reasons, elapsed } = throttleOf({ sourceThreads: 4 }, { threads: [9, 5, 4] });
    await throttle.pass(10, Infinity, never);
    expect(reasons).toEqual(['source busy', undefined]);
    expect(elapsed()).toBe(1000);
  });

  it('waits while the target is late, with the reason it was given', async () => {
    const { throttle, reasons } = throttleOf({}, { busy: ['replica 12 s late', undefined] });
    await throttle.pass(10, Infinity, never);
    expect(reasons).toEqual(['replica 12 s late', undefined]);
  });

  it('waits no longer than it is told, so that a view does not grow old', async () => {
    const { throttle, elapsed } = throttleOf({ sourceThreads: 1 }, { threads: Array.from({ length: 99 }, () => 50) });
    expect(await throttle.pass(10, 1_000 + 1_700, never)).toBe(false);
    expect(elapsed()).toBe(1700);
  });

  it('ends its wait when the copy is stopped', async () => {
    const { throttle, elapsed } = throttleOf({ sourceThreads: 1 }, { threads: [50, 50] });
    expect(await throttle.pass(10, Infinity, AbortSignal.abort())).toBe(false);
    expect(elapsed()).toBe(0);
  });
});
