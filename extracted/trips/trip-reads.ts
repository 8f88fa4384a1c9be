import type { DataSource } from 'typeorm';

/** A trip with its price, as the database prints it: 64-bit numbers, times and JSON are text. */
export interface TripRow {
  readonly id: string;
  readonly riderId: number;
  readonly vehicleId: number | null;
  readonly routeId: number | null;
  readonly state: string;
  readonly pickup: string;
  readonly dropoff: string | null;
  readonly amountMinor: string;
  readonly surgePercent: number;
  readonly currency: string;
  readonly shared: number;
  readonly odometerStart: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly note: string | null;
  readonly extras: string | null;
  readonly clientRef: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

// Written out: building this with the query builder costs 130 µs per request, nearly twice the query itself.
const OWN_TRIPS = `
  SELECT trip.id, trip.rider_id AS riderId, trip.vehicle_id AS vehicleId, trip.route_id AS routeId, trip.state,
         trip.pickup, trip.dropoff, fare.amount_minor AS amountMinor, fare.surge_percent AS surgePercent,
         fare.currency, trip.shared, trip.odometer_start AS odometerStart, trip.started_at AS startedAt,
         trip.finished_at AS finishedAt, trip.note, trip.extras, trip.client_ref AS clientRef,
         trip.created_at AS createdAt, trip.updated_at AS updatedAt
    FROM trip JOIN trip_fare AS fare ON fare.trip_id = trip.id
   WHERE trip.rider_id = ? AND trip.state <> 'removed'`;

/** The rider's own trip. Removed ones and other people's do not exist. */
export async function findTrip(database: DataSource, riderId: number, id: string): Promise<TripRow | undefined> {
  const rows = await database.query<TripRow[]>(`${OWN_TRIPS} AND trip.id = ?`, [riderId, id]);
  return rows[0];
}

/** The rider's newest trips, older than `before` when it is given. */
export function listTrips(
  database: DataSource,
  riderId: number,
  page: { limit: number; before: string | undefined },
): Promise<TripRow[]> {
  const { limit, before } = page;
  if (before === undefined) return database.query(`${OWN_TRIPS} ORDER BY trip.id DESC LIMIT ?`, [riderId, limit]);
  const sql = `${OWN_TRIPS} AND trip.id < ? ORDER BY trip.id DESC LIMIT ?`;
  return database.query(sql, [riderId, before, limit]);
}
