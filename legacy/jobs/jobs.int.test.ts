import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startMariaDb, type MariaDb } from '../../stack/index.ts';
import { applySchema } from '../apply-schema.ts';
import { seed } from '../seed/seed.ts';

let db: MariaDb;
let url: string;

beforeAll(async () => {
  db = await startMariaDb();
  url = db.url('root', '', 'fleet');
  await applySchema(url);
  await seed({ url, users: 20, vehicles: 5, trips: 400 });
});

afterAll(() => db?.stop());

function runJob(name: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const file = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const env = { ...process.env, LEGACY_APP_DATABASE_URL: url };
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}

async function count(where: string): Promise<number> {
  const [row] = await db.sql<{ n: string }>(`SELECT COUNT(*) AS n FROM ${where}`, 'fleet');
  return Number(row?.n);
}

const unbilled = `trips t LEFT JOIN charges c ON c.trip_id = t.id
  WHERE t.status = 'completed' AND t.deleted = 0 AND c.id IS NULL`;

describe('the jobs that go past HTTP', () => {
  it('the nightly job cancels forgotten requests, bills each trip once, and purges', async () => {
    const requested = await count("trips WHERE status = 'requested'");
    expect(requested).toBeGreaterThan(0);
    await db.sql("INSERT INTO trips (user_id, pickup_addr) VALUES (1, 'fresh')", 'fleet');
    expect(await runJob('nightly')).toMatchObject({ code: 0, err: '' });
    expect(await count("trips WHERE status = 'requested'")).toBe(1);
    expect(await count(unbilled)).toBe(0);
    const charges = await count('charges');
    expect(await runJob('nightly')).toMatchObject({ code: 0, out: expect.stringContaining('0 trips cancelled') });
    expect(await count('charges')).toBe(charges);
  });

  it('bill_trips debits what it charges', async () => {
    await db.sql(
      "UPDATE credit_accounts SET balance = 100 WHERE user_id = 1; INSERT INTO trips (user_id, pickup_addr, status, fare, surge, finished_at) VALUES (1, 'x', 'completed', 10.10, 1.25, NOW() - INTERVAL 1 MINUTE); CALL bill_trips(NOW())",
      'fleet',
    );
    const [account] = await db.sql('SELECT balance FROM credit_accounts WHERE user_id = 1', 'fleet');
    expect(account?.['balance']).toBe('87.37');
  });

  it('fix-fares sets one fare, or gives the base fare to trips without one', async () => {
    const [trip] = await db.sql<{ id: string }>("SELECT id FROM trips WHERE status = 'completed' LIMIT 1", 'fleet');
    expect(await runJob('fix-fares', String(trip?.id), '7.77')).toMatchObject({ code: 0, out: 'fix-fares: 1 trips\n' });
    expect(await runJob('fix-fares')).toMatchObject({ code: 0 });
    expect(await count("trips WHERE status = 'completed' AND fare = 0.00")).toBe(0);
  });

  it('exits 1 with the database’s own words when it is refused', async () => {
    await db.sql(
      "CREATE TRIGGER refuse BEFORE UPDATE ON trips FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not the owner'",
      'fleet',
    );
    await db.sql("INSERT INTO trips (user_id, pickup_addr, created_at) VALUES (1, 'old', '2020-01-01')", 'fleet');
    expect(await runJob('nightly')).toMatchObject({ code: 1, err: 'nightly: not the owner\n' });
    expect(await runJob('fix-fares', '1001', '1.00')).toMatchObject({ code: 1, err: 'fix-fares: not the owner\n' });
  });
});
