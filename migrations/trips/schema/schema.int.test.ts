import { describe, expect, it } from '@jest/globals';
import { useMariaDb, type TestDatabase } from '../../../test/support/index.ts';
import { createSchemaDataSource, migrateSchema } from './index.ts';

const maria = useMariaDb();

async function tablesOf(database: TestDatabase): Promise<string[]> {
  const rows = await database.sql<{ table: string }>(
    `SELECT table_name AS 'table' FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name`,
  );
  return rows.map((row) => row.table);
}

describe('the schema migrations of trips', () => {
  it('build the three tables once, however often they run', async () => {
    const database = await maria.createDatabase();
    expect(await migrateSchema(database.url)).toHaveLength(3);
    expect(await migrateSchema(database.url)).toEqual([]);
    expect(await tablesOf(database)).toEqual(['schema_migration', 'trip', 'trip_fare', 'trip_point']);
  });

  it('can be taken back one by one', async () => {
    const database = await maria.createDatabase();
    await migrateSchema(database.url);
    const dataSource = await createSchemaDataSource(database.url).initialize();
    try {
      for (let step = 0; step < 3; step++) await dataSource.undoLastMigration();
    } finally {
      await dataSource.destroy();
    }
    expect(await tablesOf(database)).toEqual(['schema_migration']);
  });

  it('hold the widest values legacy can hand over', async () => {
    const database = await maria.createDatabase();
    await migrateSchema(database.url);
    await database.sql(`INSERT INTO trip_fare VALUES (18446744073709551615, 9999999999, 9999, 'EUR')`);
    const [fare] = await database.pool
      .query('SELECT trip_id, amount_minor FROM trip_fare')
      .then(([rows]) => rows as object[]);
    expect(fare).toEqual({ trip_id: '18446744073709551615', amount_minor: '9999999999' });
  });
});
