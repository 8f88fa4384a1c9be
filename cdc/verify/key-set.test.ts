import { describe, expect, it } from '@jest/globals';
import { hashKey, KeySet64 } from './key-set.ts';

describe('KeySet64', () => {
  it('knows what was put in, and nothing else, also after growing', () => {
    const set = new KeySet64();
    for (let i = 0; i < 5_000; i++) expect(set.add(hashKey(i))).toBe(true);
    for (let i = 0; i < 5_000; i++) expect(set.has(hashKey(i))).toBe(true);
    for (let i = 5_000; i < 10_000; i++) expect(set.has(hashKey(i))).toBe(false);
    expect(set.size).toBe(5_000);
  });

  it('says when a key comes a second time', () => {
    const set = new KeySet64(10);
    expect([set.add(hashKey('a')), set.add(hashKey('b')), set.add(hashKey('a'))]).toEqual([true, true, false]);
  });
});
