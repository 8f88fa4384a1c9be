import {
  legacyOwnerSql,
  ownerRows,
  reconcile,
  type OwnerSql,
  type Reconciliation,
  type Traffic,
} from '../../legacy/index.ts';
import { openPool, type RowDataPacket } from '../../shared/index.ts';
import type { World } from './world.ts';

/** The SELECTs for a service that owns the rows, in the words of the API. */
const serviceOwnerSql: OwnerSql = {
  trips: `SELECT t.client_ref AS clientRef, t.id, COALESCE(t.removed_from, t.state) AS status, t.note, t.dropoff,
            CAST(f.amount_minor / 100 AS DECIMAL(12,2)) AS fare, t.state = 'removed' AS deleted
          FROM trip t JOIN trip_fare f ON f.trip_id = t.id WHERE t.client_ref IS NOT NULL`,
  points: 'SELECT client_ref AS clientRef, trip_id AS tripId FROM trip_point WHERE client_ref IS NOT NULL',
};

/** Looks for every write that was acknowledged to this traffic in the tables of one side. */
export async function accountFor(
  traffic: Pick<Traffic, 'tracked'>,
  world: World,
  side: 'legacy' | 'service',
): Promise<Reconciliation> {
  const isLegacy = side === 'legacy';
  const pool = openPool(isLegacy ? world.legacyDb.url('root', '', 'fleet') : world.serviceDb.url('root', '', 'trips'));
  try {
    const query = async (sql: string): Promise<RowDataPacket[]> => (await pool.query<RowDataPacket[]>(sql))[0];
    const rows = await ownerRows(query, isLegacy ? legacyOwnerSql : serviceOwnerSql);
    return reconcile({ tracked: traffic.tracked(), ...rows });
  } finally {
    await pool.end();
  }
}
