import { describe, expect, it } from '@jest/globals';
import { idOf, limitOf } from './path-input.ts';
import { parsePoints } from './point-input.ts';
import { parseFare, parseNewTrip, parseTripChange } from './trip-input.ts';

const POINT = { lat: 52.52, lng: 13.4, recordedAt: '2026-01-02T03:04:05.123456Z' };

describe('what a client sends', () => {
  it('fills a new trip up with what was left out', () => {
    expect(parseNewTrip({ pickup: 'A' })).toEqual({
      ok: true,
      value: { pickup: 'A', dropoff: 'unknown', note: null, extras: null, routeId: null, clientRef: null },
    });
    expect(parseNewTrip({ pickup: 'A', dropoff: null })).toMatchObject({ value: { dropoff: null } });
  });

  it.each([
    [{}, 'pickup is required, at most 255 characters'],
    [{ pickup: '' }, 'pickup is required, at most 255 characters'],
    [{ pickup: 'A'.repeat(256) }, 'pickup is required, at most 255 characters'],
    [{ pickup: 'A', dropoff: 7 }, 'dropoff must be text or null, at most 255 characters'],
    [{ pickup: 'A', note: 'n'.repeat(10_001) }, 'note must be text or null, at most 10000 characters'],
    [{ pickup: 'A', extras: [] }, 'extras must be an object or null'],
    [{ pickup: 'A', routeId: 1.5 }, 'routeId must be a number or null'],
    [{ pickup: 'A', clientRef: 'c'.repeat(37) }, 'clientRef must be text, at most 36 characters'],
  ])('refuses the new trip %j', (body, error) => {
    expect(parseNewTrip(body)).toEqual({ ok: false, error });
  });

  it('changes only what is named', () => {
    expect(parseTripChange({ note: null, pickup: 'B' })).toEqual({ ok: true, value: { note: null } });
    expect(parseTripChange({})).toEqual({ ok: true, value: {} });
  });

  it('takes a fare to the cent', () => {
    expect(parseFare({ fare: '12.50' })).toEqual({ ok: true, value: '1250' });
    expect(parseFare({ fare: '99999999.99' })).toEqual({ ok: true, value: '9999999999' });
    for (const fare of ['12.5', '-1.00', '123456789.00', 'free', undefined]) {
      expect(parseFare({ fare })).toEqual({ ok: false, error: 'fare must look like "12.50"' });
    }
  });

  it('takes positions all or none', () => {
    expect(parsePoints({ points: [POINT] })).toMatchObject({
      ok: true,
      value: [{ recordedAt: '2026-01-02 03:04:05.123456' }],
    });
    expect(parsePoints({ points: [POINT, { ...POINT, lat: 91 }] })).toEqual({
      ok: false,
      error: 'points[1] is not a position',
    });
    expect(parsePoints({ points: [null] })).toEqual({ ok: false, error: 'points[0] is not a position' });
    expect(parsePoints(undefined)).toEqual({ ok: false, error: 'points must be a list of 1 to 200' });
  });

  it('takes ids and limits as far as they make sense', () => {
    expect(['7', '18446744073709551616', '-1', 'x', undefined].map(idOf)).toEqual(['7', '0', '0', '0', '0']);
    expect(['5', '500', '0', '-3', 'x', undefined].map(limitOf)).toEqual([5, 100, 20, 20, 20, 20]);
  });
});
