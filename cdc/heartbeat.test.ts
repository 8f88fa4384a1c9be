import { describe, expect, it } from '@jest/globals';
import { keepBeating } from './heartbeat.ts';
import { parsePosition } from './position.ts';

/** Beats `times` times and answers how often the row was renewed. */
async function renewals(times: number, head: () => Promise<ReturnType<typeof parsePosition>>): Promise<number> {
  const end = new AbortController();
  let beats = 0;
  let touched = 0;
  const clock = { now: () => 0, sleep: () => (beats++ === times ? Promise.resolve(end.abort()) : Promise.resolve()) };
  const touch = (): Promise<void> => Promise.resolve(void touched++);
  await keepBeating({
    source: { head },
    watermark: { position: parsePosition('0-1-5') },
    touch,
    signal: end.signal,
    clock,
  });
  return touched;
}

describe('keepBeating', () => {
  it('renews the row while the copy is level with its source', async () => {
    expect(await renewals(3, () => Promise.resolve(parsePosition('0-1-5')))).toBe(3);
  });

  it('lets the row grow old while the copy is behind', async () => {
    expect(await renewals(3, () => Promise.resolve(parsePosition('0-1-6')))).toBe(0);
  });

  it('lets the row grow old while the source does not answer', async () => {
    expect(await renewals(3, () => Promise.reject(new Error('gone')))).toBe(0);
  });
});
