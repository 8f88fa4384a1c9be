import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { MARKER_COOKIE, MarkerCookie, type CookieMark } from './marker-cookie.ts';

const mark: CookieMark = { unit: 'trips', side: 'legacy', overAtMs: 1_795_000_000_000 };

describe('the marker that travels with its client', () => {
  it('says what was sealed into it', () => {
    const cookie = new MarkerCookie(['key']);
    const service: CookieMark = { ...mark, unit: '*', side: 'service' };
    expect(cookie.open(cookie.seal([mark, service]))).toEqual([mark, service]);
    expect(cookie.line([mark])).toMatch(
      new RegExp(`^${MARKER_COOKIE}=trips~l~[a-z0-9]+\\.[\\w-]{22}; Path=/; Max-Age=600; HttpOnly; SameSite=Lax$`),
    );
  });

  it('keeps the latest write of each unit and side', () => {
    const cookie = new MarkerCookie(['key']);
    const later = { ...mark, overAtMs: mark.overAtMs + 5 };
    expect(cookie.open(cookie.seal([later, mark]))).toEqual([later]);
  });

  it('stays small: many units are told as all of them', () => {
    const cookie = new MarkerCookie(['key']);
    const many = Array.from({ length: 40 }, (_, i) => ({ ...mark, unit: `unit-${i}`, overAtMs: mark.overAtMs + i }));
    const sealed = cookie.seal(many);
    expect(sealed.length).toBeLessThan(400);
    expect(cookie.open(sealed)).toEqual([{ ...mark, unit: '*', overAtMs: mark.overAtMs + 39 }]);
  });

  it('is opened with an old key while there are two, and with none once that is gone', () => {
    const sealed = new MarkerCookie(['old']).seal([mark]);
    expect(new MarkerCookie(['new', 'old']).open(sealed)).toEqual([mark]);
    expect(new MarkerCookie(['new']).open(sealed)).toBeUndefined();
  });

  it('says nothing when it was forged, and never throws', () => {
    const cookie = new MarkerCookie(['key']);
    const sealed = cookie.seal([mark]);
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.constantFrom(...'abcXYZ019~.-_ '.split('')), (at, character) => {
        const forged = sealed.slice(0, at) + character + sealed.slice(at + 1);
        const opened = cookie.open(forged);
        return forged === sealed || opened === undefined || JSON.stringify(opened) === JSON.stringify([mark]);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => cookie.open(text) === undefined));
  });
});
