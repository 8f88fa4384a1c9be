import { beforeEach, describe, expect, it } from '@jest/globals';
import { forgetUnit, installBookkeeping, installFence, markRetired, readRetirement } from '../../cdc/index.ts';
import type { Pool, RowDataPacket } from '../../shared/index.ts';
import { useMariaDb } from '../../test/support/index.ts';
import { CallerStore } from '../callers/caller-store.ts';
import { installControlSchema } from '../control/control-schema.ts';
import { LegacyUseStore } from './legacy-use.ts';
import { removeTraces } from './remove-traces.ts';

const mariadb = useMariaDb();

async function rowsIn(pool: Pool, sql: string, values: unknown[] = []): Promise<number> {
  const [rows] = await pool.query<RowDataPacket[]>(sql, values);
  return rows.length;
}

describe('what is left of a retired unit in its databases', () => {
  let pool: Pool;
  let schema: string;

  beforeEach(async () => {
    const made = await mariadb.createDatabase(
      'CREATE TABLE trips (id INT PRIMARY KEY); CREATE TABLE stops (id INT PRIMARY KEY)',
    );
    pool = made.pool;
    const [[row]] = await pool.query<RowDataPacket[]>('SELECT DATABASE() AS name');
    schema = String(row?.['name']);
    await installBookkeeping(pool);
    await pool.query('DELETE FROM banyan.retired_unit');
    await pool.query(`INSERT INTO banyan.stream_position (name, unit, epoch, position, state, mapping_version)
      VALUES ('trips.forward', 'trips', 1, '', 'streaming', 1), ('other.forward', 'other', 1, '', 'streaming', 1)
      ON DUPLICATE KEY UPDATE epoch = 1`);
  });

  const fenceOf = (side: 'legacy' | 'service', table: string) =>
    ({ unit: 'trips', schema, tables: [table], side, applyUser: 'banyan' }) as const;

  function retired() {
    const sides = {
      legacy: { pool, fence: fenceOf('legacy', 'trips') },
      service: { pool, fence: fenceOf('service', 'stops') },
    };
    return { unit: 'trips', streams: ['trips.forward', 'trips.reverse'], sides };
  }

  it('is the mark that it is, and nothing of another unit is touched', async () => {
    for (const { fence } of Object.values(retired().sides)) await installFence(pool, fence);
    const { removed, wasDone } = await removeTraces(retired());
    expect(wasDone).toBe(false);
    expect(removed[0]).toBe(`legacy: the fence on ${schema}.trips`);
    expect(await rowsIn(pool, 'SELECT 1 FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ?', [schema])).toBe(0);
    expect(await rowsIn(pool, "SELECT 1 FROM banyan.ownership WHERE unit = 'trips'")).toBe(0);
    expect(await rowsIn(pool, "SELECT 1 FROM banyan.stream_position WHERE unit = 'trips'")).toBe(0);
    expect(await rowsIn(pool, "SELECT 1 FROM banyan.stream_position WHERE unit = 'other'")).toBe(1);
    expect(await readRetirement(pool, 'trips')).toBe('done');
    expect(await removeTraces(retired())).toEqual({ removed: [], wasDone: true });
  });

  it('goes on to nothing where a kill left it half done', async () => {
    await installFence(pool, fenceOf('service', 'stops'));
    await markRetired(pool, 'trips', { done: false });
    await forgetUnit(pool, { unit: 'trips', streams: ['trips.forward'] });
    expect(await readRetirement(pool, 'trips')).toBe('removing');
    expect((await removeTraces(retired())).wasDone).toBe(false);
    expect(await rowsIn(pool, 'SELECT 1 FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ?', [schema])).toBe(0);
    expect(await readRetirement(pool, 'trips')).toBe('done');
  });

  it('is not asked of a database that never heard of Banyan', async () => {
    await pool.query('DROP TABLE banyan.retired_unit');
    expect(await readRetirement(pool, 'trips')).toBe('none');
  });
});

describe('what is kept of the use of legacy', () => {
  it('counts what every edge adds, also across restarts of edges and of control', async () => {
    const { pool } = await mariadb.createDatabase();
    await installControlSchema(pool);
    const uses = new LegacyUseStore(pool);
    await uses.forget('trips');
    const look = (...counts: [edge: string, counted: number][]) =>
      uses.keep(
        'trips',
        counts.map(([edge, counted]) => ({ edge, route: 'GET /old', counted })),
      );
    await look(['a', 7]);
    expect((await uses.read('trips')).routes).toEqual([]);
    await look(['a', 9], ['b', 4]);
    await look(['a', 1], ['b', 4]);
    const { routes, since = '', lookedAt = '' } = await uses.read('trips');
    expect(routes).toMatchObject([{ route: 'GET /old', requests: 2 + 4 + 1 }]);
    expect(lookedAt >= since).toBe(true);
    await uses.forget('trips');
    expect(await uses.read('trips')).toEqual({ routes: [] });
  });

  it('keeps unseen writes by table and user, with first and last time', async () => {
    const { pool } = await mariadb.createDatabase();
    await installControlSchema(pool);
    const callers = new CallerStore(pool);
    await pool.query('DELETE FROM banyan.caller_watch');
    await pool.query('DELETE FROM banyan.unseen_write');
    const sighting = { table: 'trips', users: ['cron@here'], transactions: 2, agoMs: 5_000 };
    await callers.keep('trips', { run: 'r1', judged: 3, unsure: 1, sightings: [sighting] });
    await callers.keep('trips', { run: 'r1', judged: 4, unsure: 1, sightings: [{ ...sighting, agoMs: 0 }] });
    const [write] = await callers.list('trips');
    expect(write).toMatchObject({ table: 'trips', users: ['cron@here'], transactions: 4 });
    expect(Date.parse(write?.lastSeen ?? '') - Date.parse(write?.firstSeen ?? '')).toBeGreaterThan(4_000);
    expect(await callers.mark('trips')).toMatchObject({ run: 'r1', judged: 4, unsure: 2 });
  });
});
