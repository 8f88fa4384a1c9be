import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { ChangeEvent, Value } from '../change-event.ts';
import { readChange, writeChange } from './lossless-json.ts';

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constant(-0),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.constant(null),
);
const row = fc.dictionary(
  fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
  value,
);

describe('a parked change as text', () => {
  it('gives back every value as it was', () => {
    fc.assert(
      fc.property(row, row, (before, after) => {
        const change: ChangeEvent = { op: 'u', table: 't', before: { ...before }, after: { ...after } };
        expect(readChange(writeChange(change))).toEqual(change);
      }),
    );
  });

  it('gives back a change that could not be read', () => {
    const change: ChangeEvent = {
      op: 'x',
      table: 't',
      before: null,
      after: null,
      key: { id: Buffer.from([0, 255]) },
      reason: 'column note holds a placeholder',
      raw: '{"op":"u"}',
    };
    expect(readChange(writeChange(change))).toEqual(change);
  });
});
