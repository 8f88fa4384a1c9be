import type { Row, TargetRow } from '../../cdc/index.ts';
import { valueOf } from './read-column.ts';
import { stateOf, statusOf } from './trip-state.ts';
import { dateOf, nullOfZeroDate, zeroDateOfNull } from './zero-date.ts';

/** Legacy `trips` without its price. `legacy_flags` means nothing to anybody and stays behind. */
export function toTrip(row: Row): TargetRow {
  return {
    table: 'trip',
    key: { id: valueOf(row, 'id') },
    columns: {
      rider_id: valueOf(row, 'user_id'),
      vehicle_id: valueOf(row, 'vehicle_id'),
      route_id: valueOf(row, 'route_id'),
      ...stateOf(row),
      pickup: valueOf(row, 'pickup_addr'),
      dropoff: valueOf(row, 'dropoff_addr'),
      shared: valueOf(row, 'shared_ride'),
      odometer_start: valueOf(row, 'odometer_start'),
      started_at: nullOfZeroDate(row, 'started_at'),
      finished_at: nullOfZeroDate(row, 'finished_at'),
      note: valueOf(row, 'note'),
      extras: valueOf(row, 'extras'),
      client_ref: valueOf(row, 'client_ref'),
      created_at: dateOf(row, 'created_at'),
      updated_at: dateOf(row, 'updated_at'),
    },
  };
}

/** The service's `trip` decides that the legacy row exists; its price comes from `trip_fare`. */
export function fromTrip(row: Row): TargetRow {
  return {
    table: 'trips',
    key: { id: valueOf(row, 'id') },
    columns: {
      user_id: valueOf(row, 'rider_id'),
      vehicle_id: valueOf(row, 'vehicle_id'),
      route_id: valueOf(row, 'route_id'),
      ...statusOf(row),
      pickup_addr: valueOf(row, 'pickup'),
      dropoff_addr: valueOf(row, 'dropoff'),
      shared_ride: valueOf(row, 'shared'),
      odometer_start: valueOf(row, 'odometer_start'),
      started_at: zeroDateOfNull(row, 'started_at'),
      finished_at: zeroDateOfNull(row, 'finished_at'),
      note: valueOf(row, 'note'),
      extras: valueOf(row, 'extras'),
      client_ref: valueOf(row, 'client_ref'),
      created_at: dateOf(row, 'created_at'),
      updated_at: dateOf(row, 'updated_at'),
    },
  };
}
