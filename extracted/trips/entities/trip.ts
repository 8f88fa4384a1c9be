import { EntitySchema } from 'typeorm';

export type TripState = 'requested' | 'assigned' | 'en_route' | 'completed' | 'cancelled' | 'removed';

/** A trip without its price. 64-bit numbers are text; times are UTC. */
export interface Trip {
  readonly id: string;
  readonly riderId: number;
  readonly vehicleId: number | null;
  readonly routeId: number | null;
  readonly state: TripState;
  /** The state a removed trip was in; null while it is not removed. */
  readonly removedFrom: TripState | null;
  readonly pickup: string;
  readonly dropoff: string | null;
  readonly shared: number;
  readonly odometerStart: string;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly note: string | null;
  readonly extras: object | null;
  readonly clientRef: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const TripEntity = new EntitySchema<Trip>({
  name: 'Trip',
  tableName: 'trip',
  columns: {
    id: { type: 'bigint', unsigned: true, primary: true, generated: 'increment' },
    riderId: { name: 'rider_id', type: 'int', unsigned: true },
    vehicleId: { name: 'vehicle_id', type: 'int', unsigned: true, nullable: true },
    routeId: { name: 'route_id', type: 'int', unsigned: true, nullable: true },
    state: { type: 'varchar', length: 16 },
    removedFrom: { name: 'removed_from', type: 'varchar', length: 16, nullable: true },
    pickup: { type: 'varchar', length: 255 },
    dropoff: { type: 'varchar', length: 255, nullable: true },
    shared: { type: 'tinyint' },
    odometerStart: { name: 'odometer_start', type: 'bigint', unsigned: true },
    startedAt: { name: 'started_at', type: 'datetime', precision: 0, nullable: true },
    finishedAt: { name: 'finished_at', type: 'datetime', precision: 0, nullable: true },
    note: { type: 'text', nullable: true },
    extras: { type: 'json', nullable: true },
    clientRef: { name: 'client_ref', type: 'char', length: 36, nullable: true },
    createdAt: { name: 'created_at', type: 'datetime', precision: 0 },
    updatedAt: { name: 'updated_at', type: 'datetime', precision: 3 },
  },
  indices: [
    { name: 'trip_rider', columns: ['riderId', 'id'] },
    { name: 'trip_vehicle', columns: ['vehicleId'] },
    { name: 'trip_state', columns: ['state', 'createdAt'] },
  ],
});
