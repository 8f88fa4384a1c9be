import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openConnection, openPool, type Connection, type Pool, type RowDataPacket } from '../../shared/index.ts';
import { startMariaDb, type MariaDb } from '../../stack/index.ts';
import { installBookkeeping } from '../apply/bookkeeping.ts';
import { flipOwner, installFence, removeFence, type FenceOptions } from './fence.ts';
import { flipKeys, isUsableKey, readServedKeys } from './key-ownership.ts';

const fence: FenceOptions = {
  unit: 'trips',
  schema: 'fleet',
  tables: ['trips', 'points'],
  side: 'legacy',
  applyUser: 'banyan',
  keys: { trips: { column: 'user_id' }, points: { column: 'trip_id', of: 'trips.id' } },
};

describe('the fence by key', () => {
  let server: MariaDb;
  let admin: Connection;
  let app: Connection;
  let stream: Connection;
  let pool: Pool;

  beforeAll(async () => {
    server = await startMariaDb();
    admin = await openConnection(server.url(), { multipleStatements: true });
    await installBookkeeping(admin);
    await admin.query(`CREATE DATABASE fleet; USE fleet;
      CREATE TABLE trips (id INT AUTO_INCREMENT PRIMARY KEY, user_id INT NOT NULL, n INT NOT NULL);
      CREATE TABLE points (id INT AUTO_INCREMENT PRIMARY KEY, trip_id INT NULL)`);
    for (const user of ['banyan', 'app']) {
      await admin.query(`CREATE USER '${user}'@'%'`);
      await admin.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON fleet.* TO '${user}'@'%'`);
    }
    [app, stream] = await Promise.all([openConnection(server.url('app')), openConnection(server.url('banyan'))]);
    pool = openPool(server.url());
  });

  beforeEach(async () => {
    await removeFence(admin, fence);
    await admin.query('DELETE FROM banyan.ownership; DELETE FROM banyan.key_ownership');
    await admin.query('DELETE FROM fleet.points; DELETE FROM fleet.trips');
    await admin.query('INSERT INTO fleet.trips (id, user_id, n) VALUES (1, 7, 0), (2, 8, 0)');
    await admin.query('INSERT INTO fleet.points (id, trip_id) VALUES (1, 1), (2, 2)');
    await installFence(admin, fence);
  });

  afterAll(async () => {
    for (const connection of [admin, app, stream]) connection.destroy();
    await pool.end();
    await server.stop();
  });

  const move = (keys: string[], epoch = 1, to: 'legacy' | 'service' = 'service', lockWaitMs = 1000) =>
    flipKeys(pool, { unit: 'trips', keys, to, epoch, lockWaitMs });
  const refused = { sqlState: '45000', message: 'banyan: a row of trips is owned by service' };

  it('invariant 2: refuses every kind of write of a moved key, through other rows too, and no other write', async () => {
    expect(await move(['7'])).toBe('flipped');
    for (const write of [
      'INSERT INTO fleet.trips (user_id, n) VALUES (7, 1)',
      'UPDATE fleet.trips SET n = 1 WHERE id = 1',
      'UPDATE fleet.trips SET user_id = 8 WHERE id = 1',
      'UPDATE fleet.trips SET user_id = 7 WHERE id = 2',
      'DELETE FROM fleet.trips WHERE id = 1',
      'REPLACE INTO fleet.trips (id, user_id, n) VALUES (1, 8, 1)',
      'INSERT INTO fleet.points (trip_id) VALUES (1)',
      'UPDATE fleet.points SET trip_id = 1 WHERE id = 2',
      'DELETE FROM fleet.points WHERE id = 1',
    ])
      await expect(app.query(write)).rejects.toMatchObject(refused);
    await app.query('INSERT INTO fleet.trips (user_id, n) VALUES (8, 1), (70, 1)');
    await app.query('INSERT INTO fleet.points (trip_id) VALUES (2), (NULL)');
    await app.query('UPDATE fleet.trips SET n = 2 WHERE user_id <> 7');
  });

  it('refuses whole statements and loops over rows at the first row of a moved key', async () => {
    await move(['7']);
    await expect(app.query('UPDATE fleet.trips SET n = 5')).rejects.toMatchObject(refused);
    const [rows] = await admin.query<RowDataPacket[]>('SELECT n FROM fleet.trips');
    expect(rows).toEqual([{ n: 0 }, { n: 0 }]);
  });

  it('lets the stream write what the other side owns, and nothing that this side owns', async () => {
    await move(['7']);
    await stream.query('UPDATE fleet.trips SET n = 1 WHERE id = 1');
    await stream.query('DELETE FROM fleet.trips WHERE id = 1');
    await stream.query('DELETE FROM fleet.points WHERE id = 1'); // Of a row that is gone nobody can be named.
    await expect(stream.query('UPDATE fleet.trips SET n = 1 WHERE id = 2')).rejects.toMatchObject({
      message: 'banyan: a row of trips is owned by legacy',
    });
  });

  it('gives the writes of rows that nobody owns to the owner of the unit only', async () => {
    await removeFence(admin, fence);
    await installFence(admin, { ...fence, side: 'service' });
    await move(['7']);
    await app.query('INSERT INTO fleet.points (trip_id) VALUES (1)');
    for (const trip of ['2', 'NULL'])
      await expect(app.query(`INSERT INTO fleet.points (trip_id) VALUES (${trip})`)).rejects.toMatchObject({
        message: 'banyan: a row of trips is owned by legacy',
      });
  });

  it('moves keys to and fro under epochs that only grow, all of them or none', async () => {
    expect(await move(['7', '8', '9'], 5)).toBe('flipped');
    expect((await readServedKeys(admin, 'trips')).toSorted()).toEqual(['7', '8', '9']);
    expect(await move(['12', '8'], 4, 'legacy')).toBe('wrong-epoch');
    expect(await move(['7', '9'], 6, 'legacy')).toBe('flipped');
    expect(await readServedKeys(admin, 'trips')).toEqual(['8']);
    await app.query('UPDATE fleet.trips SET n = 1 WHERE user_id = 7');
  });

  it('takes the unit as a whole before its keys', async () => {
    await move(['7']);
    await flipOwner(admin, { unit: 'trips', to: 'service', epoch: 2 });
    await expect(app.query('UPDATE fleet.trips SET n = 1 WHERE id = 2')).rejects.toMatchObject({
      message: 'banyan: trips is owned by service (epoch 2)',
    });
  });

  it('waits for the open writers of a key that moves, and holds nobody else', async () => {
    const writer = await openConnection(server.url('app'));
    await writer.query('START TRANSACTION');
    await writer.query('UPDATE fleet.trips SET n = 1 WHERE id = 1');
    expect(await move(['7'], 1, 'service', 50)).toBe('busy');
    expect(await readServedKeys(admin, 'trips')).toEqual([]);
    const moving = move(['7'], 1, 'service', 600_000);
    await app.query('UPDATE fleet.trips SET n = 1 WHERE id = 2');
    expect(await move(['9'])).toBe('flipped');
    await writer.query('COMMIT');
    expect(await moving).toBe('flipped');
    writer.destroy();
  });

  it('invariant 2: sees a move that was made after the writer’s transaction had begun to read', async () => {
    await app.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await app.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    await admin.query('INSERT INTO fleet.trips (id, user_id, n) VALUES (3, 7, 0)');
    await move(['7']);
    await expect(app.query('INSERT INTO fleet.trips (user_id, n) VALUES (7, 1)')).rejects.toMatchObject(refused);
    await expect(app.query('INSERT INTO fleet.points (trip_id) VALUES (3)')).rejects.toMatchObject(refused);
    await app.query('ROLLBACK');
  });

  it.each(['REPEATABLE READ', 'READ COMMITTED'])(
    'invariant 2: at %s nothing of a moved key commits after the flip, with writers at full speed',
    async (level) => {
      const stop = new AbortController();
      const users = [7, 8, 9, 10];
      const writers = await Promise.all(users.map(() => openConnection(server.url('app'))));
      const work = writers.map((writer, i) => keepWriting(writer, users[i] ?? 0, level, stop.signal));
      for (let epoch = 1; epoch <= 30; epoch++) {
        let outcome = 'busy';
        while (outcome === 'busy') outcome = await move(['7', '8'], epoch, epoch % 2 === 1 ? 'service' : 'legacy');
        expect(outcome).toBe('flipped');
        const before = await counts(admin);
        await sleep(10);
        if (epoch % 2 === 1) expect((await counts(admin)).moved).toBe(before.moved);
      }
      stop.abort();
      const commits = await Promise.all(work);
      for (const writer of writers) writer.destroy();
      const { moved, others } = await counts(admin);
      const [a = 0, b = 0, c = 0, d = 0] = commits.map(({ committed }) => committed);
      expect([moved, others]).toEqual([2 * (a + b), 2 * (c + d)]);
      expect(commits.slice(2).map(({ refusals }) => refusals)).toEqual([0, 0]);
    },
  );

  it('refuses columns and values that could say one key in two ways', async () => {
    await admin.query(
      'CREATE TABLE IF NOT EXISTS fleet.named (name VARCHAR(20) COLLATE utf8mb4_general_ci PRIMARY KEY)',
    );
    const named = { ...fence, tables: ['named'], keys: { named: { column: 'name' } } };
    await expect(installFence(admin, named)).rejects.toMatchObject({ code: 'CDC_KEY_UNUSABLE' });
    expect(['12', 'a-b@c', 'a,b', '', 'ä'].map(isUsableKey)).toEqual([true, true, false, false, false]);
  });
});

/** Transactions of two inserts for one user. */
async function keepWriting(writer: Connection, user: number, level: string, signal: AbortSignal) {
  await writer.query(`SET SESSION TRANSACTION ISOLATION LEVEL ${level}`);
  const done = { committed: 0, refusals: 0 };
  while (!signal.aborted)
    try {
      await writer.query('START TRANSACTION');
      await writer.query('INSERT INTO fleet.trips (user_id, n) VALUES (?, 100)', [user]);
      await sleep(Math.random() * 2);
      await writer.query('INSERT INTO fleet.trips (user_id, n) VALUES (?, 100)', [user]);
      await writer.query('COMMIT');
      done.committed += 1;
    } catch {
      await writer.query('ROLLBACK');
      done.refusals += 1;
      await sleep(1);
    }
  return done;
}

async function counts(connection: Connection): Promise<{ moved: number; others: number }> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT SUM(user_id IN (7, 8)) AS moved, SUM(user_id > 8) AS others FROM fleet.trips WHERE n = 100',
  );
  return { moved: Number(rows[0]?.['moved'] ?? 0), others: Number(rows[0]?.['others'] ?? 0) };
}
