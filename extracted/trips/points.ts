import type { DataSource } from 'typeorm';
import type { TripPoint } from './entities/trip-point.ts';
import type { NewPoint } from './point-input.ts';
import type { TripRow } from './trip-reads.ts';
import { isoOf } from './utc.ts';

export type PointRow = Pick<TripPoint, 'id' | 'latitude' | 'longitude' | 'speedKmh' | 'origin' | 'recordedAt'>;

const POINTS = `
  SELECT id, latitude, longitude, speed_kmh AS speedKmh, origin, recorded_at AS recordedAt
    FROM trip_point WHERE trip_id = ?`;

/** The first 200 positions of a trip, oldest first. */
export function listPoints(database: DataSource, tripId: string): Promise<PointRow[]> {
  return database.query(`${POINTS} ORDER BY id LIMIT 200`, [tripId]);
}

export async function lastPoint(database: DataSource, tripId: string): Promise<PointRow | undefined> {
  const rows = await database.query<PointRow[]>(`${POINTS} ORDER BY id DESC LIMIT 1`, [tripId]);
  return rows[0];
}

/** One statement for all of them. Plain SQL: the entity's insert would cut the times to milliseconds. */
export async function addPoints(database: DataSource, trip: TripRow, points: readonly NewPoint[]): Promise<void> {
  const rows = points.map((point) => [
    trip.id,
    trip.vehicleId,
    point.lat,
    point.lng,
    point.speedKmh,
    'gps',
    point.clientRef,
    point.recordedAt,
  ]);
  const columns = 'trip_id, vehicle_id, latitude, longitude, speed_kmh, origin, client_ref, recorded_at';
  await database.query(`INSERT INTO trip_point (${columns}) VALUES ?`, [rows]);
}

/** A position as the API shows it; the order of the keys is part of the contract. */
export function pointJson(point: PointRow): object {
  return {
    id: point.id,
    lat: point.latitude,
    lng: point.longitude,
    speedKmh: point.speedKmh,
    source: point.origin,
    recordedAt: isoOf(point.recordedAt),
  };
}
