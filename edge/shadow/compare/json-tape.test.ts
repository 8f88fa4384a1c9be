import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { JsonTape, LIST, NULL, NUMBER, OBJECT, STRING, TRUE, type JsonFault } from './json-tape.ts';

const LIMITS = { maxNodes: 10_000, maxDepth: 64 };

describe('a tape of JSON', () => {
  it('takes and refuses what JSON.parse does', () => {
    fc.assert(fc.property(fc.oneof(fc.json(), brokenJson()), (text) => isRead(text) === isParsed(text)));
  });

  it('holds the values JSON.parse gives', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const tape = new JsonTape();
        expect(tape.read(Buffer.from(text), LIMITS)).toBeUndefined();
        expect(valueOf(tape, 0)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    '01',
    '1.',
    '.5',
    '+1',
    '1e',
    '1e+',
    '-',
    '--1',
    '0x1',
    'NaN',
    'tru',
    'truee',
    'nul',
    '"\t"',
    '"\\x"',
    '"\\u12g4"',
    '"',
    '{',
    '[',
    '{"a"}',
    '{"a":}',
    '{a:1}',
    '[1,]',
    '[,1]',
    '{"a":1,}',
    '',
    ' ',
    '1 2',
    '[1]]',
    "'a'",
  ])('refuses %s', (text) => {
    expect(isParsed(text)).toBe(false);
    expect(isRead(text)).toBe(false);
  });

  it('keeps the text of numbers, the order of keys and keys that come twice', () => {
    const tape = new JsonTape();
    tape.read(Buffer.from('{"b": 1.0, "a": 12345678901234567890, "b": 1e2}'), LIMITS);
    const keys = [1, 3, 5];
    expect(keys.map((key) => tape.text(key))).toEqual(['b', 'a', 'b']);
    expect(keys.map((key) => tape.text(key + 1))).toEqual(['1.0', '12345678901234567890', '1e2']);
    expect(tape.count(0)).toBe(3);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(read(Buffer.from([0x22, 0xff, 0x22]))).toBe('malformed');
    expect(read(Buffer.from([0x22, 0xc3, 0x22]))).toBe('malformed');
  });

  it('stops at its limits, and reads the next text', () => {
    const tape = new JsonTape();
    expect(tape.read(Buffer.from('['.repeat(100_000)), LIMITS)).toBe('too-large');
    expect(tape.read(Buffer.from(`[${'1,'.repeat(20_000)}1]`), LIMITS)).toBe('too-large');
    expect(tape.read(Buffer.from('[1,2,3,4]'), { ...LIMITS, maxNodes: 4 })).toBe('too-large');
    expect(tape.read(Buffer.from('[1]'), LIMITS)).toBeUndefined();
    expect(valueOf(tape, 0)).toEqual([1]);
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        read(Buffer.from(bytes));
        expect(isRead(Buffer.from(bytes).toString('latin1'))).toBe(isParsed(Buffer.from(bytes).toString('latin1')));
      }),
    );
  });
});

/** JSON with one character changed. */
function brokenJson(): fc.Arbitrary<string> {
  return fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom(...'{}[]",:0-.eE+\\tfn '.split('')))
    .map(([text, at, character]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + character + text.slice(place + 1);
    });
}

function read(bytes: Buffer): JsonFault | undefined {
  return new JsonTape().read(bytes, LIMITS);
}

function isRead(text: string): boolean {
  return read(Buffer.from(text)) === undefined;
}

function isParsed(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function valueOf(tape: JsonTape, node: number): unknown {
  const kind = tape.kind(node);
  if (kind === STRING) return tape.text(node);
  if (kind === NUMBER) return Number(tape.text(node));
  if (kind === NULL) return null;
  if (kind !== OBJECT && kind !== LIST) return kind === TRUE;
  const inner: number[] = [];
  for (let at = node + 1; at < tape.next(node); at = tape.next(at)) inner.push(at);
  expect(tape.count(node)).toBe(kind === LIST ? inner.length : inner.length / 2);
  if (kind === LIST) return inner.map((at) => valueOf(tape, at));
  const object: Record<string, unknown> = {};
  for (let i = 0; i < inner.length; i += 2)
    Object.defineProperty(object, tape.text(inner[i] ?? 0), {
      value: valueOf(tape, inner[i + 1] ?? 0),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  return object;
}
