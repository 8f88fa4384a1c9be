import type { Clock } from '../../shared/index.ts';
import type { DataSource, EntityManager } from 'typeorm';
import { TripFareEntity } from './entities/trip-fare.ts';
import { TripEntity, type Trip, type TripState } from './entities/trip.ts';
import type { NewTrip, TripChange } from './trip-input.ts';

const REMOVED: TripState = 'removed';

/** What can happen to a trip. Each is one transaction; false means the trip was not there or not in that state. */
export interface TripWrites {
  /** Answers the new id. */
  create(riderId: number, trip: NewTrip): Promise<string>;
  change(riderId: number, id: string, change: TripChange): Promise<boolean>;
  start(riderId: number, id: string): Promise<boolean>;
  complete(riderId: number, id: string, amountMinor: string): Promise<boolean>;
  cancel(riderId: number, id: string): Promise<boolean>;
  remove(riderId: number, id: string): Promise<boolean>;
}

export function createTripWrites(database: DataSource, clock: Clock): TripWrites {
  const now = (): Date => new Date(clock.now());
  const { manager } = database;
  return {
    create: (riderId, trip) => database.transaction((manager) => insertTrip(manager, riderId, trip, now())),
    change: (riderId, id, change) => updateTrip(manager, riderId, id, { ...change, updatedAt: now() }),
    start: (riderId, id) => {
      const at = now();
      const change = { state: 'en_route', startedAt: at, updatedAt: at } as const;
      return updateTrip(manager, riderId, id, change, ['requested', 'assigned']);
    },
    complete: (riderId, id, amountMinor) =>
      database.transaction((manager) => completeTrip(manager, riderId, id, amountMinor, now())),
    cancel: (riderId, id) => {
      const at = now();
      const change = { state: 'cancelled', finishedAt: at, updatedAt: at } as const;
      return updateTrip(manager, riderId, id, change, ['requested', 'assigned', 'en_route']);
    },
    remove: (riderId, id) => removeTrip(manager, riderId, id, now()),
  };
}

/** A trip and its price exist together or not at all. */
async function insertTrip(manager: EntityManager, riderId: number, trip: NewTrip, at: Date): Promise<string> {
  const fresh = { riderId, state: 'requested', shared: 0, odometerStart: '0', createdAt: at, updatedAt: at } as const;
  const inserted = await manager
    .createQueryBuilder()
    .insert()
    .into(TripEntity)
    .values({ ...fresh, ...trip })
    .updateEntity(false)
    .execute();
  const id = String((inserted.raw as { insertId: string | number }).insertId);
  const fare = { tripId: id, amountMinor: '0', surgePercent: 100, currency: 'EUR' };
  await manager.createQueryBuilder().insert().into(TripFareEntity).values(fare).updateEntity(false).execute();
  return id;
}

async function completeTrip(
  manager: EntityManager,
  riderId: number,
  id: string,
  amountMinor: string,
  at: Date,
): Promise<boolean> {
  const change = { state: 'completed', finishedAt: at, updatedAt: at } as const;
  const isCompleted = await updateTrip(manager, riderId, id, change, ['en_route']);
  if (isCompleted) await manager.update(TripFareEntity, { tripId: id }, { amountMinor });
  return isCompleted;
}

/** The WHERE decides, so that of two clicks only one wins. */
async function updateTrip(
  manager: EntityManager,
  riderId: number,
  id: string,
  change: Partial<Trip>,
  from?: readonly TripState[],
): Promise<boolean> {
  const update = manager
    .createQueryBuilder()
    .update(TripEntity)
    .set(change)
    .where('id = :id AND rider_id = :riderId AND state <> :REMOVED', { id, riderId, REMOVED });
  if (from) update.andWhere('state IN (:...from)', { from });
  return ((await update.execute()).affected ?? 0) > 0;
}

/** `removed_from` is assigned before `state` changes, so that it keeps the state of before. */
async function removeTrip(manager: EntityManager, riderId: number, id: string, at: Date): Promise<boolean> {
  const update = manager
    .createQueryBuilder()
    .update(TripEntity)
    .set({ removedFrom: () => 'state', state: REMOVED, updatedAt: at })
    .where('id = :id AND rider_id = :riderId AND state <> :REMOVED', { id, riderId, REMOVED });
  return ((await update.execute()).affected ?? 0) > 0;
}
