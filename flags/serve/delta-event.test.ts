import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Feature, FeatureSet, Segment } from '../feature-set.ts';
import { changesBetween, type Change } from './delta-event.ts';
import { SetHistory } from './set-history.ts';

const names = ['a', 'b', 'c', 'd'];
const feature = fc.record({ name: fc.constantFrom(...names), enabled: fc.boolean() });
const segment = fc.record({ id: fc.integer({ min: 1, max: 4 }), size: fc.nat(3) });
const set = fc
  .record({
    features: fc.uniqueArray(feature, { selector: ({ name }) => name }),
    segments: fc.uniqueArray(segment, { selector: ({ id }) => id }),
  })
  .map(({ features, segments }): FeatureSet => ({
    version: 2,
    features: features.map((f) => ({ ...f, strategies: [] })),
    segments: segments.map(({ id, size }) => ({ id, constraints: constraintsOf(size) })),
  }));

describe('the changes between two sets', () => {
  it('make the second out of the first', () => {
    fc.assert(
      fc.property(set, set, (before, after) => {
        expect(apply(before, changesBetween(before, after))).toEqual(contentOf(after));
      }),
    );
  });

  it('are none when nothing is different', () => {
    fc.assert(fc.property(set, (same) => changesBetween(same, structuredClone(same)).length === 0));
  });
});

describe('the history of a served set', () => {
  it('leads from every point it still knows to the newest set', () => {
    fc.assert(
      fc.property(fc.array(set, { minLength: 1, maxLength: 6 }), fc.nat(5), (sets, pick) => {
        const history = new SetHistory();
        const points = sets.map((next) => {
          history.accept(next);
          return { id: history.lastId, set: next };
        });
        const from = points[pick % points.length];
        const events = history.since(from?.id ?? 0) ?? [];
        expect(apply(from?.set ?? sets[0]!, events)).toEqual(contentOf(sets.at(-1)!));
      }),
    );
  });

  it('says that it does not know what was too long ago, or is of another process', () => {
    const history = new SetHistory();
    for (let turn = 0; turn < 300; turn++) history.accept(withFlag(turn % 2 === 0));
    expect(history.since(1)).toBeUndefined();
    expect(history.since(history.lastId + 1)).toBeUndefined();
    expect(history.since(history.lastId)).toEqual([]);
  });
});

function withFlag(enabled: boolean): FeatureSet {
  return { version: 2, features: [{ name: 'a', enabled, strategies: [] }] };
}

function constraintsOf(size: number): Segment['constraints'] {
  return [{ contextName: 'userId', operator: 'IN', values: names.slice(0, size) }];
}

interface Content {
  readonly features: ReadonlyMap<string, Feature>;
  readonly segments: ReadonlyMap<number, Segment>;
}

function contentOf({ features, segments = [] }: FeatureSet): Content {
  return {
    features: new Map(features.map((f) => [f.name, f])),
    segments: new Map(segments.map((s) => [s.id, s])),
  };
}

/** As an SDK does it. */
function apply(start: FeatureSet, changes: readonly Change[]): Content {
  const features = new Map(contentOf(start).features);
  const segments = new Map(contentOf(start).segments);
  for (const change of changes) {
    if (change.type === 'feature-updated') features.set(change.feature.name, change.feature);
    if (change.type === 'feature-removed') features.delete(change.featureName);
    if (change.type === 'segment-updated') segments.set(change.segment.id, change.segment);
    if (change.type === 'segment-removed') segments.delete(change.segmentId);
  }
  return { features, segments };
}
