import type { OwnerPoint, OwnerTrip } from './reconcile.ts';

/** Two SELECTs whose columns carry the names of OwnerTrip and OwnerPoint; rows without a token may stay out. */
export interface OwnerSql {
  readonly trips: string;
  readonly points: string;
}

/** The SELECTs for a legacy that owns the rows. */
export const legacyOwnerSql: OwnerSql = {
  trips: `SELECT client_ref AS clientRef, id, status, note, dropoff_addr AS dropoff, fare, deleted
            FROM trips WHERE client_ref IS NOT NULL`,
  points: 'SELECT client_ref AS clientRef, trip_id AS tripId FROM locations WHERE client_ref IS NOT NULL',
};

/** Reads the owner's rows for `reconcile`; `query` answers rows whose 64-bit integers and decimals are text. */
export async function ownerRows(
  query: (sql: string) => Promise<readonly Record<string, unknown>[]>,
  sql: OwnerSql,
): Promise<{ trips: OwnerTrip[]; points: OwnerPoint[] }> {
  const trips = await query(sql.trips);
  const points = await query(sql.points);
  return {
    trips: trips.map((row) => ({
      ...(row as unknown as OwnerTrip),
      id: String(row['id']),
      deleted: Number(row['deleted']) === 1,
    })),
    points: points.map((row) => ({ clientRef: String(row['clientRef']), tripId: String(row['tripId']) })),
  };
}
