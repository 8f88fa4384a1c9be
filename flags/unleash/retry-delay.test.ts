import { describe, expect, it } from '@jest/globals';
import { nextDelayMs } from './retry-delay.ts';

const facts = { refreshMs: 1_000, failures: 0, random: 0.5 };

describe('the pause before a server is asked again', () => {
  it('is the interval, give or take a fifth', () => {
    expect(nextDelayMs(facts)).toBe(1_000);
    expect(nextDelayMs({ ...facts, random: 0 })).toBe(800);
    expect(nextDelayMs({ ...facts, random: 1 })).toBeCloseTo(1_200);
  });

  it('grows with failures, and stays short enough to see it come back', () => {
    expect([1, 2, 4, 100].map((failures) => nextDelayMs({ ...facts, failures }))).toEqual([2_000, 3_000, 5_000, 5_000]);
  });

  it('is what the server asks for, up to a minute', () => {
    expect(nextDelayMs({ ...facts, failures: 1, retryAfterMs: 30_000 })).toBe(30_000);
    expect(nextDelayMs({ ...facts, failures: 1, retryAfterMs: 86_400_000 })).toBe(60_000);
    expect(nextDelayMs({ ...facts, retryAfterMs: 10 })).toBe(1_000);
  });
});
