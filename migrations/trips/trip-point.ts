import type { Row, TargetRow } from '../../cdc/index.ts';
import { memberOf, textOf, valueOf } from './read-column.ts';
import { dateOf } from './zero-date.ts';

const SOURCES = ['gps', 'manual', 'import'];

/** Legacy `locations`. Coordinates stay decimal text: a float would move the last place. */
export function toTripPoint(row: Row): TargetRow {
  return {
    table: 'trip_point',
    key: { id: valueOf(row, 'id') },
    columns: {
      trip_id: valueOf(row, 'trip_id'),
      vehicle_id: valueOf(row, 'vehicle_id'),
      latitude: textOf(row, 'lat'),
      longitude: textOf(row, 'lng'),
      speed_kmh: valueOf(row, 'speed_kmh'),
      origin: memberOf(row, 'source', SOURCES),
      client_ref: valueOf(row, 'client_ref'),
      recorded_at: dateOf(row, 'recorded_at'),
    },
  };
}

/** Back to legacy `locations`. */
export function fromTripPoint(row: Row): TargetRow {
  return {
    table: 'locations',
    key: { id: valueOf(row, 'id') },
    columns: {
      trip_id: valueOf(row, 'trip_id'),
      vehicle_id: valueOf(row, 'vehicle_id'),
      lat: textOf(row, 'latitude'),
      lng: textOf(row, 'longitude'),
      speed_kmh: valueOf(row, 'speed_kmh'),
      source: memberOf(row, 'origin', SOURCES),
      client_ref: valueOf(row, 'client_ref'),
      recorded_at: dateOf(row, 'recorded_at'),
    },
  };
}
