import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../shared/index.ts';
import type { FeatureSet } from './feature-set.ts';
import type { FlagProvider } from './flag-provider.ts';
import type { Subject } from './subject.ts';

/** One source of flags under test: what it holds can be replaced, spoiled and taken away. */
export interface FlagSource {
  readonly provider: FlagProvider;
  publish(set: FeatureSet): Promise<void>;
  /** Makes the source answer something that is not a set. Resolves when the provider has seen it. */
  spoil(): Promise<void>;
  dispose(): Promise<void>;
}

export function recordedFeatures(): FeatureSet {
  return JSON.parse(readFileSync(new URL('fixtures/client-features.json', import.meta.url), 'utf8')) as FeatureSet;
}

export function user(id: string): Subject {
  return { id, kind: 'user' };
}

/** The promises of the FlagProvider port, the same for every implementation. */
export function describeFlagProvider(name: string, open: (set: FeatureSet | undefined) => Promise<FlagSource>): void {
  describe(`${name}, as a flag provider,`, () => {
    let source: FlagSource;
    beforeEach(async () => {
      source = await open(recordedFeatures());
    });
    afterEach(() => source.dispose());

    it('answers by user id, by segment and by share', () => {
      const { provider } = source;
      expect(provider.isEnabled('banyan.trips', user('1'))).toBe(true);
      expect(provider.isEnabled('banyan.trips.beta', user('7'))).toBe(true);
      expect(provider.isEnabled('banyan.trips.beta', user('8'))).toBe(false);
      expect(provider.isEnabled('banyan.trips.staff', user('ann@fleet.example'))).toBe(true);
      const half = Array.from({ length: 1000 }, (_, id) => provider.isEnabled('banyan.trips.half', user(String(id))));
      expect(half.filter(Boolean).length).toBeGreaterThan(400);
      expect(half.filter(Boolean).length).toBeLessThan(600);
    });

    it('gives the same subject the same answer every time, whatever the stickiness is called', () => {
      const answers = Array.from({ length: 50 }, () => source.provider.isEnabled('banyan.trips.half', user('42')));
      expect(new Set(answers).size).toBe(1);
    });

    it('counts a flag that draws lots as off', () => {
      const answers = Array.from({ length: 50 }, (_, i) =>
        source.provider.isEnabled('banyan.trips.lottery', user(`${i}`)),
      );
      expect(answers).not.toContain(true);
      expect(source.provider.isOff('banyan.trips.lottery')).toBe(true);
    });

    it('is off for an unknown flag and for a subject without an id', () => {
      expect(source.provider.isEnabled('banyan.orders', user('1'))).toBe(false);
      expect(source.provider.isOff('banyan.orders')).toBe(true);
      expect(source.provider.isEnabled('banyan.trips', user(''))).toBe(false);
    });

    it('follows a change, names a new revision and tells its listeners', async () => {
      const before = source.provider.revision();
      let told = 0;
      source.provider.onChange(() => told++);
      await source.publish(killed(recordedFeatures()));
      await waitUntil(() => told > 0, { budgetMs: 10_000 });
      expect(source.provider.isEnabled('banyan.trips', user('1'))).toBe(false);
      expect(source.provider.isOff('banyan.trips')).toBe(true);
      expect(source.provider.revision()).not.toBe(before);
    });

    it('keeps the last good set when the source answers garbage, and lets it age', async () => {
      const before = source.provider.revision();
      await source.spoil();
      const spoiledAge = source.provider.health().ageMs;
      expect(source.provider.isEnabled('banyan.trips.beta', user('7'))).toBe(true);
      expect(source.provider.revision()).toBe(before);
      await waitUntil(() => source.provider.health().ageMs > spoiledAge, { budgetMs: 10_000 });
      await source.publish(killed(recordedFeatures()));
      expect(await waitUntil(() => source.provider.isOff('banyan.trips'), { budgetMs: 10_000 })).toBe(true);
    });

    it('starts without a set and enables nothing', async () => {
      const empty = await open(undefined);
      expect(empty.provider.isEnabled('banyan.trips', user('7'))).toBe(false);
      await empty.dispose();
    });
  });
}

function killed(set: FeatureSet): FeatureSet {
  return { ...set, features: set.features.map((f) => (f.name === 'banyan.trips' ? { ...f, enabled: false } : f)) };
}
