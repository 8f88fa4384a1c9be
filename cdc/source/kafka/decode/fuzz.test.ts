import { describe, expect, it } from '@jest/globals';
import { fuzzDecoder, fuzzReader } from '../testing/fuzz.ts';

/** A short look; `npm run fuzz:events` takes as long as one likes, and prints the seed of what it finds. */
const SEED = 20_261_121;

describe('damaged input', () => {
  it('gives typed errors or records, and walking gives what patient reading gives', () => {
    const { inputs, outcomes } = fuzzDecoder({ seed: SEED, forMs: 1500 });
    expect(inputs).toBeGreaterThan(100);
    expect(Object.keys(outcomes)).toEqual(expect.arrayContaining(['change', 'begin', 'CDC_EVENT_MALFORMED']));
  });

  it('gives typed errors or transactions from the log itself', () => {
    const { inputs, outcomes } = fuzzReader({ seed: SEED, forMs: 1500 });
    expect(inputs).toBeGreaterThan(100);
    expect(Object.keys(outcomes)).toEqual(expect.arrayContaining(['read', 'CDC_LOG_UNREADABLE']));
  });
});
