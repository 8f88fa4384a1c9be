import type { TripRow } from './trip-reads.ts';
import { isoOf } from './utc.ts';

/** A trip as the API shows it; the order of the keys is part of the contract. */
export function tripJson(trip: TripRow): object {
  return {
    id: trip.id,
    userId: trip.riderId,
    vehicleId: trip.vehicleId,
    routeId: trip.routeId,
    status: trip.state,
    pickup: trip.pickup,
    dropoff: trip.dropoff,
    fare: withTwoPlaces(trip.amountMinor),
    surge: withTwoPlaces(String(trip.surgePercent)),
    currency: trip.currency,
    shared: trip.shared === 1,
    odometerStart: trip.odometerStart,
    startedAt: trip.startedAt && isoOf(trip.startedAt),
    finishedAt: trip.finishedAt && isoOf(trip.finishedAt),
    note: trip.note,
    extras: trip.extras === null ? null : (JSON.parse(trip.extras) as unknown),
    clientRef: trip.clientRef,
    createdAt: isoOf(trip.createdAt),
    updatedAt: isoOf(trip.updatedAt),
  };
}

/** `-1230` to `-12.30`, by digits: no price passes through a float. */
export function withTwoPlaces(hundredths: string): string {
  const sign = hundredths.startsWith('-') ? '-' : '';
  const figures = hundredths.slice(sign.length).padStart(3, '0');
  return `${sign}${figures.slice(0, -2)}.${figures.slice(-2)}`;
}
