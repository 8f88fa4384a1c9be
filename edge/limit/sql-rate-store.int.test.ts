import { describe, expect, it } from '@jest/globals';
import { silentLog } from '../../shared/index.ts';
import { useMariaDb } from '../../test/support/index.ts';
import { describeRateStore } from './rate-store.contract.ts';
import { RATE_LIMIT_TABLE, SqlRateStore } from './sql-rate-store.ts';

const mariadb = useMariaDb();
const COUNT = { name: 'all subject', requests: 3, seconds: 60 };

let failures = 0;

function storeAt(databaseUrl: string, patienceMs = 10_000): SqlRateStore {
  return new SqlRateStore({ databaseUrl, secret: 'secret', log: silentLog, failed: () => failures++, patienceMs });
}

async function freshStore(patienceMs?: number): Promise<SqlRateStore> {
  const database = await mariadb.createDatabase();
  await database.sql(
    `CREATE DATABASE IF NOT EXISTS banyan; DROP TABLE IF EXISTS banyan.rate_limit; ${RATE_LIMIT_TABLE}`,
  );
  return storeAt(database.url, patienceMs);
}

describeRateStore('a table', () => freshStore());

describe('a table of rates', () => {
  it('counts what several edges see together', async () => {
    const first = await freshStore();
    const second = storeAt((await mariadb.createDatabase()).url);
    const seen = [];
    for (const store of [first, second, first, second]) seen.push(await store.take(COUNT, '7'));
    expect(seen.map(({ isAllowed, remaining }) => [isAllowed, remaining])).toEqual([
      [true, 2],
      [true, 1],
      [true, 0],
      [false, 0],
    ]);
    await Promise.all([first.close(), second.close()]);
  });

  it('invariant 10: holds nothing that tells who has asked', async () => {
    const store = await freshStore();
    await store.take(COUNT, 'user-4711');
    await store.take({ ...COUNT, name: 'all address' }, '203.0.113.77');
    const { pool } = await mariadb.createDatabase();
    const [rows] = await pool.query('SELECT * FROM banyan.rate_limit');
    expect(rows).toHaveLength(2);
    expect(JSON.stringify(rows)).not.toMatch(/4711|203\.0|subject|address/);
    await store.close();
  });

  it('counts alone while the table does not answer, says so, and comes back', async () => {
    const store = await freshStore();
    const database = await mariadb.createDatabase();
    await store.take(COUNT, '7');
    await database.sql('RENAME TABLE banyan.rate_limit TO banyan.away');
    failures = 0;
    const alone = [];
    for (let i = 0; i < 4; i++) alone.push((await store.take(COUNT, '7')).isAllowed);
    expect([alone, failures]).toEqual([[true, true, true, false], 1]);
    await database.sql('RENAME TABLE banyan.away TO banyan.rate_limit');
    await new Promise((resolve) => setTimeout(resolve, 1050));
    expect(await store.take(COUNT, '7')).toMatchObject({ isAllowed: true, remaining: 1 });
    expect(failures).toBe(1);
    await store.close();
  });

  it('does not make a request wait for a table that is locked', async () => {
    const store = await freshStore(100);
    const { pool } = await mariadb.createDatabase();
    const locker = await pool.getConnection();
    await locker.query('LOCK TABLES banyan.rate_limit WRITE');
    expect((await store.take(COUNT, '7')).isAllowed).toBe(true); // The lock stays until this has come.
    await locker.query('UNLOCK TABLES');
    locker.release();
    await store.close();
  });
});
