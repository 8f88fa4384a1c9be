import { DataSource } from 'typeorm';
import { CreateTripFare1767225601000 } from './create-trip-fare.ts';
import { CreateTripPoint1767225602000 } from './create-trip-point.ts';
import { CreateTrip1767225600000 } from './create-trip.ts';

/** The schema migrations of the service's own database, in order. The schema the URL names must exist. */
export function createSchemaDataSource(url: string): DataSource {
  return new DataSource({
    // not 'mysql': against MariaDB its schema diff never settles and drops JSON columns
    type: 'mariadb',
    url,
    supportBigNumbers: true,
    bigNumberStrings: true,
    timezone: 'Z',
    dateStrings: true,
    charset: 'utf8mb4',
    poolSize: 2,
    migrationsTableName: 'schema_migration',
    // DDL commits by itself; a transaction around it would only pretend
    migrationsTransactionMode: 'none',
    migrations: [CreateTrip1767225600000, CreateTripFare1767225601000, CreateTripPoint1767225602000],
  });
}

/** Runs what is pending and answers the names of what ran. */
export async function migrateSchema(url: string): Promise<string[]> {
  const dataSource = await createSchemaDataSource(url).initialize();
  try {
    return (await dataSource.runMigrations()).map((migration) => migration.name);
  } finally {
    await dataSource.destroy();
  }
}
