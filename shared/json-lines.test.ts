import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { JsonLines } from './json-lines.ts';

describe('lines of JSON', () => {
  it('are the same values wherever the bytes were cut', () => {
    const values = fc.array(fc.jsonValue(), { maxLength: 8 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 7 }), (sent, size) => {
        const bytes = Buffer.from(sent.map((value) => `${JSON.stringify(value)}\n`).join(''));
        const lines = new JsonLines();
        const received: unknown[] = [];
        for (let at = 0; at < bytes.length; at += size) received.push(...lines.take(bytes.subarray(at, at + size)));
        expect(JSON.stringify(received)).toBe(JSON.stringify(sent));
      }),
    );
  });

  it('throw on what is no JSON', () => {
    expect(() => new JsonLines().take(Buffer.from('{"a":1}\nnot json\n'))).toThrow(SyntaxError);
  });
});
