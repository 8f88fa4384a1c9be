import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Row, TableMaps, TargetRow, Value } from '../../cdc/index.ts';
import mapping from './mapping.ts';

const ZERO = '0000-00-00 00:00:00';

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const text = fc.string({ unit: 'grapheme', maxLength: 60 });
const flag = fc.constantFrom(0, 1);
const nullable = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null, freq: 4 });

function decimal(digits: number, places: number): fc.Arbitrary<string> {
  const max = 10n ** BigInt(digits) - 1n;
  return fc.bigInt({ min: -max, max }).map((value) => {
    const figures = (value < 0n ? -value : value).toString().padStart(places + 1, '0');
    return `${value < 0n ? '-' : ''}${figures.slice(0, -places)}.${figures.slice(-places)}`;
  });
}

const part = (min: number, max: number, width = 2) =>
  fc.integer({ min, max }).map((value) => String(value).padStart(width, '0'));

function datetime(places: number): fc.Arbitrary<string> {
  return fc
    .tuple(part(1, 9999, 4), part(1, 12), part(1, 28), part(0, 23), part(0, 59), part(0, 59), part(0, 999_999, 6))
    .map(([y, mo, d, h, mi, s, us]) => `${y}-${mo}-${d} ${h}:${mi}:${s}${places ? `.${us.slice(0, places)}` : ''}`);
}

const maybeZero = fc.oneof({ weight: 1, arbitrary: fc.constant(ZERO) }, { weight: 3, arbitrary: datetime(0) });

const trips = fc.record({
  id: u64,
  user_id: u32,
  vehicle_id: nullable(u32),
  route_id: nullable(u32),
  status: fc.constantFrom('requested', 'assigned', 'en_route', 'completed', 'cancelled'),
  pickup_addr: text,
  dropoff_addr: nullable(text),
  fare: fc.oneof(decimal(10, 2), fc.constantFrom('99999999.99', '-99999999.99', '-0.01', '0.00')),
  surge: decimal(4, 2),
  currency: fc.constantFrom('EUR', 'USD', 'CHF', ''),
  shared_ride: fc.integer({ min: -128, max: 127 }),
  odometer_start: u64,
  started_at: maybeZero,
  finished_at: maybeZero,
  note: nullable(text),
  extras: nullable(fc.constantFrom('{"b": 1,  "a":1}', '{"n":18446744073709551615}', '[]', '"🚕"', '{}')),
  client_ref: nullable(fc.uuid()),
  deleted: flag,
  legacy_flags: fc.integer(),
  created_at: datetime(0),
  updated_at: datetime(3),
});

const locations = fc.record({
  id: u64,
  trip_id: u64,
  vehicle_id: nullable(u32),
  lat: decimal(9, 6),
  lng: decimal(9, 6),
  speed_kmh: nullable(fc.float({ noNaN: true, noDefaultInfinity: true })),
  source: fc.constantFrom('gps', 'manual', 'import'),
  client_ref: nullable(fc.uuid()),
  recorded_at: datetime(6),
});

function map(maps: TableMaps, table: string, row: Row): readonly TargetRow[] {
  return maps[table]?.(row) ?? [];
}

function thereAndBack(table: string, row: Row): readonly TargetRow[] {
  return map(mapping.forward, table, row).flatMap((target) => map(mapping.inverse, target.table, rowOf(target)));
}

const rowOf = (target: TargetRow): Row => ({ ...target.key, ...target.columns });
const merged = (targets: readonly TargetRow[]): Row => Object.assign({}, ...targets.map(rowOf)) as Row;
const without = (row: Row, column: string): Row =>
  Object.fromEntries(Object.entries(row).filter(([k]) => k !== column));

const aTrip: Row = {
  id: '7',
  user_id: 3,
  vehicle_id: 9,
  route_id: null,
  status: 'completed',
  pickup_addr: 'Alexanderplatz 1',
  dropoff_addr: 'unknown',
  fare: '12.50',
  surge: '1.25',
  currency: 'EUR',
  shared_ride: 1,
  odometer_start: '18446744073709551615',
  started_at: '2026-01-02 03:04:05',
  finished_at: ZERO,
  note: 'bring 🧳',
  extras: '{"seats": 2}',
  client_ref: null,
  deleted: 0,
  legacy_flags: 4,
  created_at: '2026-01-02 03:00:00',
  updated_at: '2026-01-02 03:04:05.123',
};
const aPoint: Row = {
  id: '1',
  trip_id: '7',
  vehicle_id: 9,
  lat: '52.520000',
  lng: '-13.400001',
  speed_kmh: 32.5,
  source: 'gps',
  client_ref: null,
  recorded_at: '2026-01-02 03:04:05.123456',
};
const only = (row: Row, table: string): Row => {
  const target = map(mapping.forward, 'trips', row).find((candidate) => candidate.table === table);
  return target ? rowOf(target) : {};
};

const minor = (fare: string) => only({ ...aTrip, fare }, 'trip_fare')['amount_minor'];
const back = (table: string, row: Row) => () => map(mapping.inverse, table, row);
const values = (targets: readonly TargetRow[]): Value[] => targets.flatMap((target) => Object.values(rowOf(target)));

describe('the trips mapping', () => {
  it('gives back every mapped column of any legal trip', () => {
    fc.assert(
      fc.property(trips, (row) => expect(merged(thereAndBack('trips', row))).toEqual(without(row, 'legacy_flags'))),
    );
  });

  it('gives back every column of any legal location', () => {
    fc.assert(fc.property(locations, (row) => expect(merged(thereAndBack('locations', row))).toEqual(row)));
  });

  it('is deterministic and leaves its input alone', () => {
    fc.assert(
      fc.property(trips, (row) => {
        const frozen = Object.freeze({ ...row });
        expect(map(mapping.forward, 'trips', frozen)).toEqual(map(mapping.forward, 'trips', { ...row }));
      }),
    );
  });

  it('keeps the key on the way there and back', () => {
    fc.assert(
      fc.property(trips, locations, (trip, location) => {
        const keys = map(mapping.forward, 'trips', trip).map((target) => Object.values(target.key));
        expect(keys).toEqual([[trip.id], [trip.id]]);
        for (const target of thereAndBack('trips', trip)) expect(target.key).toEqual({ id: trip.id });
        for (const target of thereAndBack('locations', location)) expect(target.key).toEqual({ id: location.id });
      }),
    );
  });

  it('never emits undefined', () => {
    fc.assert(
      fc.property(trips, locations, (trip, location) => {
        expect(values(map(mapping.forward, 'trips', trip))).not.toContain(undefined);
        expect(values(thereAndBack('trips', trip))).not.toContain(undefined);
        expect(values(thereAndBack('locations', location))).not.toContain(undefined);
      }),
    );
  });

  it('splits a trip into its state and its price', () => {
    expect(only(aTrip, 'trip')).toMatchObject({ id: '7', rider_id: 3, state: 'completed', removed_from: null });
    expect(only(aTrip, 'trip')).toMatchObject({ finished_at: null, odometer_start: '18446744073709551615' });
    expect(only(aTrip, 'trip_fare')).toEqual({
      trip_id: '7',
      amount_minor: '1250',
      surge_percent: 125,
      currency: 'EUR',
    });
  });

  it('turns the soft delete into a state that remembers where it came from', () => {
    expect(only({ ...aTrip, deleted: 1 }, 'trip')).toMatchObject({ state: 'removed', removed_from: 'completed' });
  });

  it('carries money to the last cent', () => {
    expect(['99999999.99', '-0.05', '-12.30', '0.00', '0.10'].map(minor)).toEqual([
      '9999999999',
      '-5',
      '-1230',
      '0',
      '10',
    ]);
  });

  it('leaves a trip without a fare at the column defaults', () => {
    const [target] = map(mapping.inverse, 'trip_fare', only(aTrip, 'trip_fare'));
    expect(target?.part).toEqual({ unset: { fare: '0.00', surge: '1.00', currency: 'EUR' } });
  });

  it('never names legacy_flags, so a rollback leaves it untouched', () => {
    for (const target of thereAndBack('trips', aTrip)) expect(target.columns).not.toHaveProperty('legacy_flags');
  });
});

describe('values with no meaning on the other side', () => {
  const refused: [string, string, Row][] = [
    ['an ENUM from an invalid insert', 'status', { ...aTrip, status: '' }],
    ['a partial date', 'started_at', { ...aTrip, started_at: '2015-00-12 00:00:00' }],
    ['a zero date where something must have happened', 'created_at', { ...aTrip, created_at: ZERO }],
    ['a fare of an unknown form', 'fare', { ...aTrip, fare: '12.5' }],
    ['a fare that is no text', 'fare', { ...aTrip, fare: 12.5 }],
    ['a flag that is neither 0 nor 1', 'deleted', { ...aTrip, deleted: 2 }],
    ['a location from nowhere', 'source', { ...aPoint, source: 'guess' }],
  ];

  it.each(refused)('refuses %s, naming the column and not the value', (_what, column, row) => {
    const table = column === 'source' ? 'locations' : 'trips';
    const attempt = () => map(mapping.forward, table, row);
    expect(attempt).toThrow(expect.objectContaining({ code: 'MAPPING_VALUE_IMPOSSIBLE' }));
    expect(attempt).toThrow(new RegExp(`^${column} holds `));
    if (row[column] !== '') expect(attempt).not.toThrow(String(row[column]));
  });

  it('refuses a row image that lacks a mapped column', () => {
    expect(() => map(mapping.forward, 'trips', without(aTrip, 'surge'))).toThrow(
      expect.objectContaining({ code: 'MAPPING_COLUMN_MISSING' }),
    );
  });

  it('refuses service rows legacy cannot hold', () => {
    const trip = only(aTrip, 'trip');
    const fare = only(aTrip, 'trip_fare');
    expect(back('trip', { ...trip, state: 'removed' })).toThrow('removed_from holds NULL');
    expect(back('trip', { ...trip, removed_from: 'requested' })).toThrow('removed_from holds');
    expect(back('trip_fare', { ...fare, amount_minor: '10000000000' })).toThrow('amount_minor holds');
    expect(back('trip_fare', { ...fare, surge_percent: 10_000 })).toThrow('surge_percent holds');
    expect(back('trip_fare', { ...fare, surge_percent: 1.5 })).toThrow('surge_percent holds');
  });
});
