import { defineMapping } from '../../cdc/index.ts';
import { fromTripFare, toTripFare } from './trip-fare.ts';
import { fromTripPoint, toTripPoint } from './trip-point.ts';
import { fromTrip, toTrip } from './trip.ts';

/** Legacy `trips` and `locations` to the service's `trip`, `trip_fare` and `trip_point`, and back. */
export default defineMapping({
  version: 1,
  forward: {
    trips: (row) => [toTrip(row), toTripFare(row)],
    locations: (row) => [toTripPoint(row)],
  },
  inverse: {
    trip: (row) => [fromTrip(row)],
    trip_fare: (row) => [fromTripFare(row)],
    trip_point: (row) => [fromTripPoint(row)],
  },
  zeroDates: { trips: ['started_at', 'finished_at'] },
});
