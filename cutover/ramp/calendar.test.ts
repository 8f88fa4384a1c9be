import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { closedBecause, isWithinHours, nextOpenMs } from './calendar.ts';
import { instantOf, isTimeZone, localTime } from './local-time.ts';

const at = (text: string): number => Date.parse(text);
const calendar = {
  timeZone: 'Europe/Berlin',
  hours: {
    days: ['mon' as const, 'tue' as const, 'wed' as const, 'thu' as const, 'fri' as const],
    from: '09:00',
    to: '17:00',
  },
  holidays: ['2026-12-25'],
  freezes: [{ from: '2026-12-28', to: '2027-01-01', why: 'year end' }],
};

describe('the hours', () => {
  it.each([
    ['2026-11-23T07:59:59Z', false],
    ['2026-11-23T08:00:00Z', true],
    ['2026-11-23T15:59:59Z', true],
    ['2026-11-23T16:00:00Z', false],
    ['2026-07-13T07:00:00Z', true],
    ['2026-11-22T10:00:00Z', false],
    ['2026-12-25T10:00:00Z', false],
    ['2026-12-29T10:00:00Z', true],
  ])('at %s: %s', (when, expected) => {
    expect(isWithinHours(calendar, at(when))).toBe(expected);
  });
});

describe('the next moment for a step up', () => {
  it.each([
    ['2026-11-23T10:00:00Z', '2026-11-23T10:00:00Z', 'now'],
    ['2026-11-23T05:00:00Z', '2026-11-23T08:00:00Z', 'this morning'],
    ['2026-11-20T16:00:00Z', '2026-11-23T08:00:00Z', 'after the weekend'],
    ['2026-12-24T16:00:00Z', '2027-01-04T08:00:00Z', 'after holiday, freeze and weekend'],
    ['2026-03-27T16:00:00Z', '2026-03-30T07:00:00Z', 'after the clocks went forward'],
    ['2026-10-23T15:00:00Z', '2026-10-26T08:00:00Z', 'after the clocks went back'],
  ])('from %s is %s: %s', (from, expected) => {
    expect(new Date(nextOpenMs(calendar, at(from)) ?? 0).toISOString()).toBe(new Date(expected).toISOString());
  });

  it('is always within the hours, and never before it was asked for', () => {
    const zones = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'UTC');
    fc.assert(
      fc.property(fc.integer({ min: at('2026-01-01'), max: at('2027-12-31') }), zones, (from, timeZone) => {
        const next = nextOpenMs({ ...calendar, timeZone }, from) ?? 0;
        expect(next).toBeGreaterThanOrEqual(from);
        expect(isWithinHours({ ...calendar, timeZone }, next)).toBe(true);
      }),
    );
  });

  it('is unknown when everything is frozen', () => {
    const freezes = [{ from: '2020-01-01', to: '2099-01-01', why: 'never' }];
    expect(nextOpenMs({ ...calendar, freezes }, at('2026-11-23T10:00:00Z'))).toBeUndefined();
  });

  it('says what keeps it', () => {
    expect(closedBecause(calendar, at('2026-12-29T10:00:00Z'))).toBe('freeze: year end');
    expect(closedBecause(calendar, at('2026-12-25T10:00:00Z'))).toBe('holiday');
    expect(closedBecause(calendar, at('2026-11-22T10:00:00Z'))).toBe('outside the hours');
  });
});

describe('local time', () => {
  it('of an hour that comes twice is the first, and of one that is skipped its end', () => {
    expect(instantOf({ date: '2026-10-25', minutes: 150 }, 'Europe/Berlin')).toBe(at('2026-10-25T00:30:00Z'));
    expect(instantOf({ date: '2026-03-29', minutes: 150 }, 'Europe/Berlin')).toBe(at('2026-03-29T01:30:00Z'));
  });

  it('there and back is the same', () => {
    const moment = at('2026-11-21T22:14:00Z');
    expect(instantOf(localTime(moment, 'Asia/Kolkata'), 'Asia/Kolkata')).toBe(moment);
  });

  it('knows which names are time zones', () => {
    expect([isTimeZone('Europe/Berlin'), isTimeZone('Mars/Olympus')]).toEqual([true, false]);
  });
});
