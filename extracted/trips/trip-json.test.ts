import { describe, expect, it } from '@jest/globals';
import { tripJson, withTwoPlaces } from './trip-json.ts';
import type { TripRow } from './trip-reads.ts';

const ROW: TripRow = {
  id: '18446744073709551615',
  riderId: 3,
  vehicleId: null,
  routeId: 8,
  state: 'completed',
  pickup: 'Alexanderplatz 1',
  dropoff: null,
  amountMinor: '1250',
  surgePercent: 125,
  currency: 'EUR',
  shared: 1,
  odometerStart: '18446744073709551614',
  startedAt: '2026-01-02 03:04:05',
  finishedAt: null,
  note: 'bring 🧳',
  extras: '{"seats": 2}',
  clientRef: null,
  createdAt: '2026-01-02 03:04:05',
  updatedAt: '2026-01-02 03:04:05.123',
};

describe('a trip in JSON', () => {
  it('has the keys, the forms and the order of the contract', () => {
    expect(JSON.stringify(tripJson(ROW))).toBe(
      '{"id":"18446744073709551615","userId":3,"vehicleId":null,"routeId":8,"status":"completed",' +
        '"pickup":"Alexanderplatz 1","dropoff":null,"fare":"12.50","surge":"1.25","currency":"EUR","shared":true,' +
        '"odometerStart":"18446744073709551614","startedAt":"2026-01-02T03:04:05Z","finishedAt":null,' +
        '"note":"bring 🧳","extras":{"seats":2},"clientRef":null,"createdAt":"2026-01-02T03:04:05Z",' +
        '"updatedAt":"2026-01-02T03:04:05.123Z"}',
    );
  });

  it('shows every cent', () => {
    const cents = ['0', '5', '-5', '10', '-1230', '9999999999'];
    expect(cents.map(withTwoPlaces)).toEqual(['0.00', '0.05', '-0.05', '0.10', '-12.30', '99999999.99']);
  });
});
