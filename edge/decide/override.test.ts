import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { createMetrics } from '../../shared/index.ts';
import { ManualClock } from '../testing/manual-clock.fixture.ts';
import { signText } from '../signed-text.ts';
import { Overrides, signOverride } from './override.ts';

const KEY = 'edge-key';

describe('an override', () => {
  it('is the side it names, for its unit, until its end', async () => {
    const { overrides, clock, ignored } = opened();
    const shown = signOverride(KEY, { unit: 'trips', side: 'service', untilMs: 60_000 });
    expect(overrides.sideOf(shown, 'trips', undefined)).toBe('service');
    expect(overrides.sideOf(shown, 'routes', undefined)).toBeUndefined();
    await clock.advance(60_000);
    expect(overrides.sideOf(shown, 'trips', undefined)).toBeUndefined();
    expect(await ignored()).toEqual({ expired: 1 });
  });

  it('is good for its subject only, when it names one', async () => {
    const { overrides, ignored } = opened();
    const shown = signOverride(KEY, { unit: 'trips', side: 'legacy', untilMs: 60_000, subject: '7' });
    expect(overrides.sideOf(shown, 'trips', '7')).toBe('legacy');
    expect(overrides.sideOf(shown, 'trips', '8')).toBeUndefined();
    expect(overrides.sideOf(shown, 'trips', undefined)).toBeUndefined();
    expect(await ignored()).toEqual({ 'other-subject': 2 });
  });

  it('comes in the header, else in the cookie', () => {
    const { overrides } = opened();
    expect(overrides.shownIn({ override: 'a', cookie: 'banyan_override=b' })).toBe('a');
    expect(overrides.shownIn({ override: undefined, cookie: 'x=1; banyan_override=b' })).toBe('b');
    expect(overrides.shownIn({ override: undefined, cookie: 'x=1' })).toBeUndefined();
  });

  it('is nothing when anything of it was made up, and is counted', async () => {
    const { overrides, ignored } = opened();
    const genuine = signOverride(KEY, { unit: 'trips', side: 'service', untilMs: 60_000, subject: '7' });
    fc.assert(
      fc.property(fc.nat(genuine.length - 2), fc.stringMatching(/^[\w.-]{0,3}$/), fc.nat(2), (at, text, length) => {
        const shown = genuine.slice(0, at) + text + genuine.slice(at + length);
        return shown.slice(0, -1) === genuine.slice(0, -1) || overrides.sideOf(shown, 'trips', '7') === undefined;
      }),
    );
    for (const shown of ['', '.', 'a.b.c', signOverride('other', { unit: 'trips', side: 'service', untilMs: 9e15 })])
      expect(overrides.sideOf(shown, 'trips', '7')).toBeUndefined();
    expect(overrides.sideOf(signText(KEY, 'pin', '{"unit":"trips","side":"service"}'), 'trips', '7')).toBeUndefined();
    expect(Object.keys(await ignored())).toEqual(['forged']);
  });
});

function opened(): { overrides: Overrides; clock: ManualClock; ignored: () => Promise<Record<string, number>> } {
  const [clock, registry] = [new ManualClock(0), createMetrics()];
  const ignored = async (): Promise<Record<string, number>> => {
    const metric = await registry.getSingleMetric('banyan_edge_override_ignored_total')?.get();
    return Object.fromEntries((metric?.values ?? []).map(({ labels, value }) => [labels['reason'], value]));
  };
  return { overrides: new Overrides({ key: KEY, clock, registry }), clock, ignored };
}
