import { describe, expect, it } from '@jest/globals';
import { silentLog, type Clock } from '../shared/index.ts';
import type { FeatureSet } from './feature-set.ts';
import { user } from './flag-provider.contract.ts';
import type { FlagSource } from './flag-source.ts';
import { SourcedFlagProvider } from './sourced-flag-provider.ts';

const HOUR = 3_600_000;

describe('a set whose source is silent', () => {
  it('is current, then stale, then current again', () => {
    const { flags, clock } = open();
    flags.take(withFlag([]));
    expect(flags.health()).toEqual({ ageMs: 0, isStale: false, failures: {} });
    clock.at += 1_001;
    flags.fail('timeout', 'no answer');
    expect(flags.health()).toEqual({ ageMs: 1_001, isStale: true, failures: { timeout: 1 } });
    flags.confirm();
    expect(flags.health()).toMatchObject({ ageMs: 0, isStale: false });
  });

  it('is as old as it was when it was kept', () => {
    const { flags } = open();
    flags.take(withFlag([]), HOUR);
    expect(flags.health()).toMatchObject({ ageMs: HOUR, isStale: true });
  });

  it('switches nothing on by the passing of time', () => {
    const { flags } = open();
    const halfAnHourAgo = new Date(Date.now() - HOUR / 2).toISOString();
    flags.take(withFlag([{ contextName: 'currentTime', operator: 'DATE_AFTER', value: halfAnHourAgo }]), HOUR);
    expect(flags.isEnabled('flag', user('7'))).toBe(false);
    flags.confirm();
    expect(flags.isEnabled('flag', user('7'))).toBe(true);
  });

  it('goes on switching off what ends', () => {
    const { flags } = open();
    const halfAnHourAgo = new Date(Date.now() - HOUR / 2).toISOString();
    flags.take(withFlag([{ contextName: 'currentTime', operator: 'DATE_BEFORE', value: halfAnHourAgo }]), HOUR);
    expect(flags.isEnabled('flag', user('7'))).toBe(false);
  });
});

describe('a flag', () => {
  it('that cannot be evaluated is off, and the others are not affected', () => {
    const { flags } = open();
    const [broken] = withFlag([{ contextName: 'userId', operator: 'IN' }]).features;
    const { features } = withFlag([]);
    flags.take({ version: 2, features: [...features, { ...broken!, name: 'broken' }] });
    expect([flags.isEnabled('broken', user('7')), flags.isEnabled('flag', user('7'))]).toEqual([false, true]);
  });

  it.each([
    ['its parent draws lots', { strategies: [{ name: 'gradualRolloutRandom', parameters: {} }] }, [], true],
    ['its parent is stable', { strategies: [{ name: 'default' }] }, [], false],
    ['it wants a variant that is drawn', { variants: [{ name: 'a', stickiness: 'random' }] }, ['a'], true],
    ['it wants a variant that sticks to the user', { variants: [{ name: 'a', stickiness: 'default' }] }, ['a'], false],
  ])('counts as off when a lottery decides on it: %s', (_, parent, variants, isUnstable) => {
    const { flags } = open();
    const child = { name: 'child', enabled: true, strategies: [], dependencies: [{ feature: 'parent', variants }] };
    flags.take({ version: 2, features: [{ name: 'parent', enabled: true, strategies: [], ...parent }, child] });
    expect(flags.isOff('child')).toBe(isUnstable);
  });
});

function withFlag(constraints: object[]): FeatureSet {
  const strategies = [{ name: 'default', parameters: {}, constraints }];
  return { version: 2, features: [{ name: 'flag', enabled: true, strategies }] } as FeatureSet;
}

function open(): { flags: SourcedFlagProvider; clock: { at: number } } {
  const clock = { at: Date.now() };
  const time: Clock = { now: () => clock.at, sleep: () => Promise.resolve() };
  const source: FlagSource = {
    name: 'test',
    staleAfterMs: 1_000,
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
  return { flags: new SourcedFlagProvider({ source, log: silentLog, clock: time }), clock };
}
