import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  advance,
  covers,
  emptyPosition,
  formatPosition,
  mergePositions,
  parsePosition,
  transactionsBehind,
  type Position,
} from './position.ts';

const position: fc.Arbitrary<Position> = fc
  .array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 9 }), fc.bigInt({ min: 1n, max: 2n ** 64n - 1n })))
  .map((parts) => new Map(parts.map(([domain, server, sequence]) => [domain, { server, sequence }])));

describe('a position', () => {
  it('is the same after it was written as text and read again', () => {
    fc.assert(
      fc.property(position, (p) => {
        expect(formatPosition(parsePosition(formatPosition(p)))).toBe(formatPosition(p));
        expect(covers(parsePosition(formatPosition(p)), p)).toBe(true);
      }),
    );
  });

  it('covers itself, the empty position, and whatever a position it covers does', () => {
    fc.assert(
      fc.property(position, position, position, (a, b, c) => {
        expect(covers(a, a) && covers(a, emptyPosition)).toBe(true);
        if (covers(a, b) && covers(b, c)) expect(covers(a, c)).toBe(true);
      }),
    );
  });

  it('merges to the smallest position that covers both', () => {
    fc.assert(
      fc.property(position, position, position, (a, b, c) => {
        const merged = mergePositions(a, b);
        expect(covers(merged, a) && covers(merged, b)).toBe(true);
        if (covers(c, a) && covers(c, b)) expect(covers(c, merged)).toBe(true);
      }),
    );
  });

  it('never goes backward when a transaction is added', () => {
    fc.assert(
      fc.property(position, fc.nat(5), fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }), (p, domain, sequence) => {
        expect(covers(advance(p, { domain, server: 1, sequence }), p)).toBe(true);
      }),
    );
  });

  it('is behind by nothing exactly when it covers the head', () => {
    fc.assert(fc.property(position, position, (a, head) => (transactionsBehind(a, head) === 0) === covers(a, head)));
  });

  it.each(['0-1', '0-1-x', '1-2-3-4', 'uuid:1-5'])('refuses %s', (text) => {
    expect(() => parsePosition(text)).toThrow(RangeError);
  });
});
