import { DataSource } from 'typeorm';
import { TripFareEntity } from './entities/trip-fare.ts';
import { TripPointEntity } from './entities/trip-point.ts';
import { TripEntity } from './entities/trip.ts';

/** The service's own database. Nothing is rounded or re-parsed on the way: see the entities for the forms. */
export function createDatabase(url: string, poolSize = 10): DataSource {
  return new DataSource({
    type: 'mariadb',
    url,
    supportBigNumbers: true,
    bigNumberStrings: true,
    timezone: 'Z',
    dateStrings: true,
    charset: 'utf8mb4',
    poolSize,
    extra: { jsonStrings: true },
    entities: [TripEntity, TripFareEntity, TripPointEntity],
  });
}
