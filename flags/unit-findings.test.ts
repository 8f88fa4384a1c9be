import { describe, expect, it } from '@jest/globals';
import type { Feature, FeatureSet, Strategy } from './feature-set.ts';
import { flagsOfUnit } from './unit-flags.ts';
import { findingsOn } from './unit-findings.ts';

const list = { contextName: 'userId', operator: 'IN', values: ['7'] };
const everybody: Strategy = { name: 'flexibleRollout', parameters: { rollout: '100', stickiness: 'userId' } };

describe('the flags of a unit', () => {
  it('are as they should be when they were just made', () => {
    expect(kinds({})).toEqual([]);
  });

  it('are missing where nobody made them', () => {
    expect(findingsOn({ version: 2, features: [] }, 'trips', ['beta', 'everyone'])).toMatchObject([
      { flag: 'banyan.trips', kind: 'missing', fix: 'banyan flags create trips' },
      { flag: 'banyan.trips.beta', kind: 'missing' },
    ]);
  });

  it.each<[string, Partial<Feature>, string[]]>([
    ['is off', { enabled: false }, ['off']],
    ['has no strategy, which is for everybody', { strategies: [] }, []],
    ['is for some', { strategies: [{ ...everybody, parameters: { rollout: '30' } }] }, ['narrower']],
    ['is for a list', { strategies: [{ name: 'default', constraints: [list] }] }, ['narrower']],
    ['is for some, and for everybody', { strategies: [{ name: 'default', constraints: [list] }, everybody] }, []],
    ['draws lots', { strategies: [{ name: 'gradualRolloutRandom', parameters: {} }] }, ['unstable']],
  ])('are shown when the gate %s', (_, gate, expected) => {
    expect(kinds({ gate })).toEqual(expected);
  });

  it.each<[string, Partial<Feature>, string[]]>([
    ['is off', { enabled: false }, ['off']],
    ['has everybody in it', { strategies: [everybody] }, ['wider']],
    ['has no strategy, which is for everybody', { strategies: [] }, ['wider']],
    ['has a segment', { strategies: [{ name: 'default', segments: [1] }] }, ['other']],
    ['leaves a part of its list out', { strategies: [withList({ parameters: { rollout: '40' } })] }, ['narrower']],
    ['wants more than its list', { strategies: [withList({ segments: [1] })] }, ['narrower']],
    ['has two lists', { strategies: [withList({}), withList({})] }, []],
  ])('are shown when a cohort %s', (_, cohort, expected) => {
    expect(kinds({ cohort })).toEqual(expected);
  });
});

function withList(more: Partial<Strategy>): Strategy {
  return { ...everybody, constraints: [list], ...more };
}

function kinds({ gate = {}, cohort = {} }: { gate?: Partial<Feature>; cohort?: Partial<Feature> }): string[] {
  const [first, second] = flagsOfUnit('trips', ['beta']);
  const set: FeatureSet = {
    version: 2,
    features: [
      { ...first!, ...gate },
      { ...second!, ...cohort },
    ],
  };
  return findingsOn(set, 'trips', ['beta']).map(({ kind }) => kind);
}
