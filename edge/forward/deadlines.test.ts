import { describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../shared/index.ts';
import { Deadlines, type Timed } from './deadlines.ts';

/** An exchange that began `ageMs` ago and remembers whether it was expired. */
function exchange(ageMs: number, changes: Partial<Timed> = {}): Timed & { expired: boolean } {
  const timed = {
    startedAt: performance.now() - ageMs,
    hasStarted: false,
    isEndless: false,
    deadlineMs: undefined,
    upload: undefined,
    giveUpOnClient: () => undefined,
    slot: -1,
    expired: false,
    expire: () => void (timed.expired = true),
    ...changes,
  };
  return timed;
}

async function expiredOf(...all: (Timed & { expired: boolean })[]): Promise<boolean[]> {
  const deadlines = new Deadlines({ firstByteMs: 1_000, totalMs: 5_000, bodyGraceMs: 1_000, minBodyBytesPerS: 500 });
  const sentinel = exchange(10_000);
  for (const timed of [...all, sentinel]) deadlines.add(timed);
  await waitUntil(() => sentinel.expired, { budgetMs: 20_000 });
  deadlines.close();
  return all.map(({ expired }) => expired);
}

describe('deadlines', () => {
  it('give up on an answer that has not begun, and on one that does not end', async () => {
    const started = { hasStarted: true };
    expect(await expiredOf(exchange(500), exchange(1_500), exchange(1_500, started), exchange(6_000, started))).toEqual(
      [false, true, false, true],
    );
  });

  it('leave an event stream alone', async () => {
    expect(await expiredOf(exchange(60_000, { hasStarted: true, isEndless: true }))).toEqual([false]);
  });

  it("are replaced by a route's own, shorter or longer", async () => {
    const results = await expiredOf(exchange(300, { deadlineMs: 200 }), exchange(6_000, { deadlineMs: 9_000 }));
    expect(results).toEqual([true, false]);
  });
});
