import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { BUCKETS, bucketOf } from './bucket.ts';
import { EVERYONE, exposureOf, isKilled, type Ceilings } from './exposure.ts';
import type { FlagProvider } from './flag-provider.ts';

const ceiling = fc.integer({ min: 0, max: BUCKETS });
const id = fc.string({ minLength: 1, maxLength: 12 });

describe('the bucket', () => {
  it('is the same for the same salt and id, for ever', () => {
    // Written down once: a change here would move every subject of every running rollout.
    expect([bucketOf('trips-2026', '7'), bucketOf('trips-2026', '8')]).toEqual([9296, 7880]);
    fc.assert(fc.property(id, id, (salt, subject) => bucketOf(salt, subject) === bucketOf(salt, subject)));
  });

  it('spreads subjects evenly and independently of another salt', () => {
    const ids = Array.from({ length: 20_000 }, (_, i) => String(i));
    const below = (salt: string): string[] => ids.filter((subject) => bucketOf(salt, subject) < 1000);
    expect(Math.abs(below('a').length - 2000)).toBeLessThan(200);
    const both = new Set(below('a'));
    expect(Math.abs(below('b').filter((subject) => both.has(subject)).length - 200)).toBeLessThan(60);
  });
});

describe('exposure', () => {
  it('invariant 7: only grows with the ceiling', () => {
    fc.assert(
      fc.property(id, ceiling, ceiling, (subject, a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        const before = expose(subject, { [EVERYONE]: low }, ['banyan.trips']);
        const after = expose(subject, { [EVERYONE]: high }, ['banyan.trips']);
        return !before.exposed || after.exposed;
      }),
    );
  });

  it('is only ever reduced by flags', () => {
    const flags = fc.subarray(['banyan.trips', 'banyan.trips.beta']);
    fc.assert(
      fc.property(id, ceiling, ceiling, flags, (subject, beta, everyone, enabled) => {
        const ceilings = { beta, [EVERYONE]: everyone };
        const reviewed = bucketOf('s', subject) < Math.max(beta, everyone);
        return reviewed || !expose(subject, ceilings, enabled).exposed;
      }),
    );
  });

  it('is complete for a cohort at 100 % and leaves everybody else where they were', () => {
    const ceilings = { beta: BUCKETS };
    expect(expose('7', ceilings, ['banyan.trips', 'banyan.trips.beta'])).toMatchObject({
      exposed: true,
      cohort: 'beta',
    });
    expect(expose('7', ceilings, ['banyan.trips'])).toMatchObject({ exposed: false, reason: 'above-ceiling' });
  });

  it('does not exist without an identity, nor while the gate is off', () => {
    const input = { unit: 'trips', ceilings: { [EVERYONE]: BUCKETS }, salt: 's', flags: flagsWith(['banyan.trips']) };
    expect(exposureOf({ ...input, subject: undefined })).toEqual({ exposed: false, reason: 'no-subject' });
    expect(expose('7', { [EVERYONE]: BUCKETS }, [])).toMatchObject({ exposed: false, reason: 'flag-off' });
    expect(isKilled('trips', flagsWith([]))).toBe(true);
  });
});

function expose(subject: string, ceilings: Ceilings, enabled: readonly string[]): ReturnType<typeof exposureOf> {
  const flags = flagsWith(enabled);
  return exposureOf({ unit: 'trips', subject: { id: subject, kind: 'user' }, ceilings, salt: 's', flags });
}

function flagsWith(enabled: readonly string[]): FlagProvider {
  return {
    isEnabled: (flag) => enabled.includes(flag),
    isOff: (flag) => !enabled.includes(flag),
    revision: () => 'test',
    features: () => undefined,
    health: () => ({ ageMs: 0, isStale: false, failures: {} }),
    onChange: () => () => undefined,
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
}
