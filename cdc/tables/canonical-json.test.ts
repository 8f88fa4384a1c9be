import { describe, expect, it } from '@jest/globals';
import { sameJson } from './canonical-json.ts';

describe('sameJson', () => {
  it.each([
    ['spacing', '{"a":1,"b":[1,2]}', '{ "a": 1, "b": [1, 2] }'],
    ['key order, also inside', '{"a":{"x":1,"y":2},"b":3}', '{"b":3,"a":{"y":2,"x":1}}'],
    ['how a number is written', '[1.50, 100, 0.001]', '[1.5, 1e2, 1E-3]'],
    ['how a character is written', String.raw`["\u00e9\/"]`, '["é/"]'],
    ['zero', '[0, -0.0]', '[0.0, 0]'],
  ])('passes over %s', (_, a, b) => {
    expect(sameJson(a, b)).toBe(true);
  });

  it.each([
    ['a value', '{"a":1}', '{"a":2}'],
    ['a digit beyond double precision', '[9007199254740993]', '[9007199254740992]'],
    ['a sign', '[-1]', '[1]'],
    ['the order of an array', '[1,2]', '[2,1]'],
    ['a space inside a text', '["a b"]', '["a  b"]'],
    ['text and number', '["1"]', '[1]'],
    ['null and nothing', '{"a":null}', '{}'],
    ['what is no JSON', '{a}', '{a }'],
  ])('sees %s', (_, a, b) => {
    expect(sameJson(a, b)).toBe(false);
  });
});
