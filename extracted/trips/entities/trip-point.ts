import { EntitySchema } from 'typeorm';

/** One recorded position of a trip. */
export interface TripPoint {
  readonly id: string;
  readonly tripId: string;
  readonly vehicleId: number | null;
  /** Coordinates are decimal text; the last place matters. */
  readonly latitude: string;
  readonly longitude: string;
  readonly speedKmh: number | null;
  readonly origin: 'gps' | 'manual' | 'import';
  readonly clientRef: string | null;
  /** UTC text to the microsecond, which a Date cannot hold. */
  readonly recordedAt: string;
}

export const TripPointEntity = new EntitySchema<TripPoint>({
  name: 'TripPoint',
  tableName: 'trip_point',
  columns: {
    id: { type: 'bigint', unsigned: true, primary: true, generated: 'increment' },
    tripId: { name: 'trip_id', type: 'bigint', unsigned: true },
    vehicleId: { name: 'vehicle_id', type: 'int', unsigned: true, nullable: true },
    latitude: { type: 'decimal', precision: 9, scale: 6 },
    longitude: { type: 'decimal', precision: 9, scale: 6 },
    speedKmh: { name: 'speed_kmh', type: 'float', nullable: true },
    origin: { type: 'varchar', length: 8 },
    clientRef: { name: 'client_ref', type: 'char', length: 36, nullable: true },
    recordedAt: { name: 'recorded_at', type: 'datetime', precision: 6 },
  },
  indices: [{ name: 'trip_point_trip', columns: ['tripId', 'id'] }],
});
