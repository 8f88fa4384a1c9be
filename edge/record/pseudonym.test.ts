import { describe, expect, it } from '@jest/globals';
import { pseudonymOf } from './pseudonym.ts';

const KEY = 'key-of-one-recording-of-the-test-';
const subjects = Array.from({ length: 10_000 }, (_, i) => String(i));

describe('what a recording calls a subject', () => {
  it('is the same in every process that has the key', () => {
    expect(pseudonymOf(KEY, '7')).toEqual({ name: 'e14fa44e9c9f8c1b05e4f7fb', place: 4_267_180_606 / 2 ** 32 });
  });

  it('is another one in each recording, and never another subject’s', () => {
    expect(pseudonymOf(`${KEY}2`, '7').name).not.toBe(pseudonymOf(KEY, '7').name);
    expect(new Set(subjects.map((subject) => pseudonymOf(KEY, subject).name)).size).toBe(subjects.length);
  });

  it.each([0.01, 0.1, 0.5])('takes a share of %d of the subjects', (share) => {
    const taken = subjects.filter((subject) => pseudonymOf(KEY, subject).place < share).length;
    expect(Math.abs(taken / subjects.length - share)).toBeLessThan(0.02);
  });
});
