import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../shared/index.ts';
import type { RateStore } from './rate-store.ts';

const COUNT = { name: 'all subject', requests: 2, seconds: 60 };

/** The promises of the RateStore port. */
export function describeRateStore(name: string, open: () => Promise<RateStore>): void {
  describe(`${name}, as a store of rates,`, () => {
    let store: RateStore;
    beforeEach(async () => void (store = await open()));
    afterEach(() => store.close());

    it('counts down to nothing and refuses what is over it', async () => {
      const seen = [];
      for (let i = 0; i < 4; i++) seen.push(await store.take(COUNT, 'a'));
      expect(seen.map(({ isAllowed, remaining }) => [isAllowed, remaining])).toEqual([
        [true, 1],
        [true, 0],
        [false, 0],
        [false, 0],
      ]);
      for (const { resetMs } of seen) expect(resetMs).toBeGreaterThan(30_000);
      for (const { resetMs } of seen) expect(resetMs).toBeLessThanOrEqual(60_000);
    });

    it('counts keys and names apart', async () => {
      for (let i = 0; i < 3; i++) await store.take(COUNT, 'a');
      expect(await store.take(COUNT, 'b')).toMatchObject({ isAllowed: true, remaining: 1 });
      expect(await store.take({ ...COUNT, name: 'other' }, 'a')).toMatchObject({ isAllowed: true, remaining: 1 });
    });

    it('begins anew when the time is over', async () => {
      const brief = { name: 'brief', requests: 1, seconds: 1 };
      await store.take(brief, 'a');
      expect((await store.take(brief, 'a')).isAllowed).toBe(false);
      const again = async (): Promise<boolean> => (await store.take(brief, 'a')).isAllowed;
      expect(await waitUntil(again, { budgetMs: 20_000, everyMs: 50 })).toBe(true);
    });

    it('goes by the rule as it is now', async () => {
      for (let i = 0; i < 3; i++) await store.take(COUNT, 'a');
      expect(await store.take({ ...COUNT, requests: 10 }, 'a')).toMatchObject({ isAllowed: true });
    });

    it('loses no request of many at once', async () => {
      const many = { name: 'many', requests: 20, seconds: 60 };
      const taken = await Promise.all(Array.from({ length: 30 }, () => store.take(many, 'a')));
      expect(taken.filter(({ isAllowed }) => isAllowed)).toHaveLength(20);
    });
  });
}
