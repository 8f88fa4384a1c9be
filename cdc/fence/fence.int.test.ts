import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openConnection, type Connection, type RowDataPacket } from '../../shared/index.ts';
import { startMariaDb, type MariaDb } from '../../stack/index.ts';
import { installBookkeeping } from '../apply/bookkeeping.ts';
import { flipOwner, installFence, readOwner, takeBarrier, removeFence } from './fence.ts';

const fence = {
  unit: 'trips',
  schema: 'fleet',
  tables: ['trips', 'log'],
  side: 'legacy',
  applyUser: 'banyan',
} as const;

describe('the fence', () => {
  let server: MariaDb;
  let admin: Connection;

  beforeAll(async () => {
    server = await startMariaDb();
    admin = await openConnection(server.url());
    await installBookkeeping(admin);
    await admin.query('CREATE DATABASE fleet');
    await admin.query(
      'CREATE TABLE fleet.trips (id INT AUTO_INCREMENT PRIMARY KEY, epoch INT NOT NULL, n INT NOT NULL)',
    );
    await admin.query('CREATE TABLE fleet.log (id INT AUTO_INCREMENT PRIMARY KEY, trip INT NOT NULL)');
    await admin.query('CREATE TRIGGER fleet.found BEFORE INSERT ON fleet.trips FOR EACH ROW SET NEW.n = NEW.n + 1');
    for (const user of ['banyan', 'app']) {
      await admin.query(`CREATE USER '${user}'@'%'`);
      await admin.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON fleet.* TO '${user}'@'%'`);
    }
  });

  beforeEach(async () => {
    await removeFence(admin, fence);
    await admin.query('DELETE FROM banyan.ownership');
    await admin.query('DELETE FROM fleet.trips');
    await installFence(admin, fence);
  });

  afterAll(async () => {
    admin.destroy();
    await server.stop();
  });

  it('may be installed again, and keeps the triggers that were there', async () => {
    await installFence(admin, fence);
    const [triggers] = await admin.query<RowDataPacket[]>(
      "SELECT * FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'fleet'",
    );
    expect(triggers.length).toBe(7);
    await admin.query('INSERT INTO fleet.trips (epoch, n) VALUES (0, 1)');
    const [rows] = await admin.query<RowDataPacket[]>('SELECT n FROM fleet.trips');
    expect(rows).toEqual([{ n: 2 }]);
  });

  it('invariant 2: refuses every kind of write of a side that does not own the rows', async () => {
    await admin.query('INSERT INTO fleet.trips (epoch, n) VALUES (0, 1)');
    expect(await flipOwner(admin, { unit: 'trips', to: 'service', epoch: 4 })).toBe('flipped');
    for (const write of [
      'INSERT INTO fleet.trips (epoch, n) VALUES (0, 1)',
      'UPDATE fleet.trips SET n = 2',
      'DELETE FROM fleet.trips',
      'REPLACE INTO fleet.trips (id, epoch, n) VALUES (1, 1, 1)',
    ])
      await expect(admin.query(write)).rejects.toMatchObject({
        sqlState: '45000',
        message: 'banyan: trips is owned by service (epoch 4)',
      });
  });

  it('lets the apply user through, and nobody else who calls himself like it', async () => {
    await flipOwner(admin, { unit: 'trips', to: 'service', epoch: 1 });
    const apply = await openConnection(server.url('banyan'));
    const app = await openConnection(server.url('app'));
    await apply.query('INSERT INTO fleet.trips (epoch, n) VALUES (0, 1)');
    await expect(app.query('INSERT INTO fleet.trips (epoch, n) VALUES (0, 1)')).rejects.toMatchObject({
      sqlState: '45000',
    });
    apply.destroy();
    app.destroy();
  });

  it('lets the user of dry runs through where one is named', async () => {
    await installFence(admin, { ...fence, dryRunUser: 'app' });
    await flipOwner(admin, { unit: 'trips', to: 'service', epoch: 1 });
    const app = await openConnection(server.url('app'));
    await app.query('INSERT INTO fleet.trips (epoch, n) VALUES (0, 1)');
    await installFence(admin, fence);
    await expect(app.query('DELETE FROM fleet.trips')).rejects.toMatchObject({ sqlState: '45000' });
    app.destroy();
  });

  it('changes the owner only under an epoch that is not older', async () => {
    expect(await flipOwner(admin, { unit: 'trips', to: 'service', epoch: 5 })).toBe('flipped');
    expect(await flipOwner(admin, { unit: 'trips', to: 'legacy', epoch: 4 })).toBe('wrong-epoch');
    expect(await readOwner(admin, 'trips')).toEqual({ owner: 'service', epoch: 5 });
    expect(await flipOwner(admin, { unit: 'trips', to: 'legacy', epoch: 5 })).toBe('flipped');
  });

  it('says busy while a writer keeps its transaction open, and waits for it when it ends in time', async () => {
    const writer = await openConnection(server.url('app'));
    await writer.query('START TRANSACTION');
    await writer.query('INSERT INTO fleet.trips (epoch, n) VALUES (0, 1)');
    const startedAt = Date.now();
    expect(await flipOwner(admin, { unit: 'trips', to: 'service', epoch: 1, lockWaitMs: 150 })).toBe('busy');
    expect(Date.now() - startedAt).toBeLessThan(20_000);
    expect(await readOwner(admin, 'trips')).toMatchObject({ owner: 'legacy' });
    const flip = flipOwner(admin, { unit: 'trips', to: 'service', epoch: 1, lockWaitMs: 20_000 });
    await sleep(20);
    await writer.query('COMMIT');
    expect(await flip).toBe('flipped');
    writer.destroy();
  });

  it('a barrier is busy while a writer keeps its transaction open, and waits for it when it ends in time', async () => {
    const writer = await openConnection(server.url('app'));
    await writer.query('START TRANSACTION');
    await writer.query('INSERT INTO fleet.trips (epoch, n) VALUES (0, 1)');
    expect(await takeBarrier(admin, { unit: 'trips', lockWaitMs: 150 })).toBe('busy');
    const taking = takeBarrier(admin, { unit: 'trips', lockWaitMs: 20_000 });
    const whenTaken = taking.then(async () => (await total(admin)).rows);
    await sleep(20);
    await writer.query('INSERT INTO fleet.trips (epoch, n) VALUES (0, 1)');
    await writer.query('COMMIT');
    expect([await taking, await whenTaken]).toEqual(['taken', 2]);
    writer.destroy();
  });

  it('a barrier changes no owner and holds nobody back once it was taken', async () => {
    const before = await readOwner(admin, 'trips');
    expect(await takeBarrier(admin, { unit: 'trips' })).toBe('taken');
    const writer = await openConnection(server.url('app'));
    await writer.query('INSERT INTO fleet.trips (epoch, n) VALUES (0, 1)');
    expect(await readOwner(admin, 'trips')).toEqual(before);
    writer.destroy();
  });

  it('invariant 2: no transaction commits after a flip, with writers at full speed', async () => {
    const writers = await Promise.all([1, 2, 3, 4].map(() => openConnection(server.url('app'))));
    const stop = new AbortController();
    const flips: string[] = [];
    const work = writers.map((writer) => keepWriting(writer, stop.signal));
    for (let epoch = 1; epoch <= 40; epoch++) {
      const to = epoch % 2 === 1 ? 'service' : 'legacy';
      let outcome = 'busy';
      while (outcome === 'busy') outcome = await flipOwner(admin, { unit: 'trips', to, epoch });
      flips.push(outcome);
      if (to === 'legacy') await sleep(15);
      else {
        const before = await total(admin);
        await sleep(10);
        expect(await total(admin)).toEqual(before);
      }
    }
    stop.abort();
    const commits = await Promise.all(work);
    expect(flips).toEqual(flips.map(() => 'flipped'));
    expect((await total(admin)).rows).toBe(2 * commits.reduce((sum, n) => sum + n, 0));
    for (const writer of writers) writer.destroy();
  });

  it('leaves nothing behind when it is removed', async () => {
    await removeFence(admin, fence);
    const [triggers] = await admin.query<RowDataPacket[]>(
      "SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'fleet'",
    );
    expect(triggers).toEqual([{ name: 'found' }]);
  });
});

/** Transactions of two inserts; gives how many were committed. */
async function keepWriting(writer: Connection, signal: AbortSignal): Promise<number> {
  let committed = 0;
  while (!signal.aborted)
    try {
      await writer.query('START TRANSACTION');
      await writer.query('INSERT INTO fleet.trips (epoch, n) VALUES (0, 1)');
      await sleep(Math.random() * 2);
      await writer.query('INSERT INTO fleet.trips (epoch, n) VALUES (0, 1)');
      await writer.query('COMMIT');
      committed += 1;
    } catch {
      await writer.query('ROLLBACK');
      await sleep(1);
    }
  return committed;
}

async function total(connection: Connection): Promise<{ rows: number }> {
  const [rows] = await connection.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM fleet.trips');
  return { rows: Number(rows[0]?.['n']) };
}
