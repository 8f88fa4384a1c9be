import { describe, expect, it } from '@jest/globals';
import { findCookie, readCookie, signCookie } from './cookie.ts';

const token = { userId: 7, sessionId: 'a'.repeat(32), expires: 2_000 };
const value = signCookie(token, 'secret');

describe('the session cookie', () => {
  it('has the documented form', () => {
    expect(value).toMatch(/^7\.a{32}\.2000\.[\w-]{43}$/);
  });

  it('is read back until it expires', () => {
    expect(readCookie(value, 'secret', 1_999_999)).toEqual(token);
    expect(readCookie(value, 'secret', 2_000_000)).toBeUndefined();
  });

  it('is nobody when anything in it was changed', () => {
    const forged = [
      value.replace('7.', '8.'),
      value.replace('2000', '9000'),
      value.slice(0, -1),
      `${value}x`,
      '',
      '...',
    ];
    expect(forged.map((text) => readCookie(text, 'secret', 0))).toEqual(forged.map(() => undefined));
    expect(readCookie(value, 'other', 0)).toBeUndefined();
  });

  it('is found among other cookies', () => {
    expect(findCookie(`theme=dark; fleet_session=${value}; x=1`)).toBe(value);
    expect(findCookie('not_fleet_session=1')).toBeUndefined();
  });
});
