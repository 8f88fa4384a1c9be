import { describe, expect, it } from '@jest/globals';
import { fuzzHttp } from './fuzz-http.ts';

/** A short look; `npm run fuzz:http` takes as long as one likes, and prints the seed of what it finds. */
const SEED = 20_261_121;

describe('doubtful and damaged requests', () => {
  it('are refused or carried, and nothing is carried that was not asked for', async () => {
    const { connections, forwarded, answers, findings } = await fuzzHttp({ seed: SEED, forMs: 150_000, count: 250 });
    expect(findings).toEqual([]);
    expect(connections).toBe(750);
    expect(forwarded).toBeGreaterThan(600);
    expect(Object.keys(answers)).toEqual(
      expect.arrayContaining([
        '200',
        '204',
        '400 malformed',
        '400 bad-host',
        '431 headers-too-large',
        '501 method-unknown',
        'stream end',
        'stream 1',
      ]),
    );
  }, 180_000);
});
