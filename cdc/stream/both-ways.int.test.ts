import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openConnection, openPool, silentLog, waitUntil, type Connection, type Pool } from '../../shared/index.ts';
import type { RowDataPacket } from '../../shared/index.ts';
import { startMariaDb, type MariaDb } from '../../stack/index.ts';
import { installBookkeeping } from '../apply/bookkeeping.ts';
import { installFence, removeFence, type FenceOptions, type OwnerSide } from '../fence/fence.ts';
import { flipKeys } from '../fence/key-ownership.ts';
import type { MapRow, TableMaps } from '../mapping.ts';
import { createBinlogChangeSource } from '../source/binlog-change-source.ts';
import { headOf } from '../testing/world.ts';
import { verifyOwnerKeys } from '../verify/verify-owner-keys.ts';
import { createStream, type Stream } from './stream.ts';

interface Place {
  readonly server: MariaDb;
  readonly admin: Connection;
  readonly pool: Pool;
  readonly fence: FenceOptions;
}

const tables = { legacy: ['trips', 'points'], service: ['ride', 'spot'] } as const;
const columns = {
  legacy: { owner: 'user_id', parent: 'trip_id' },
  service: { owner: 'rider', parent: 'ride_id' },
} as const;
const users = [7, 8, 9, 10];
const moving = ['7', '8'];

let places: Record<OwnerSide, Place>;
let streams: Record<OwnerSide, Stream>;

beforeAll(async () => {
  const [legacy, service] = await Promise.all([open('legacy'), open('service')]);
  places = { legacy, service };
});

beforeEach(async () => {
  for (const { admin, fence } of Object.values(places)) {
    await removeFence(admin, fence);
    await admin.query('TRUNCATE banyan.key_ownership; TRUNCATE banyan.ownership; TRUNCATE banyan.stream_position');
    await admin.query(fence.tables.map((table) => `TRUNCATE app.${table}`).join(';'));
    await installFence(admin, fence);
  }
  streams = { legacy: streamFrom('legacy', 'service'), service: streamFrom('service', 'legacy') };
  await streams.legacy.start();
  await streams.service.start();
  for (const stream of Object.values(streams)) await stream.whenStreaming();
});

afterEach(() => Promise.all(Object.values(streams).map((stream) => stream.stop())));

afterAll(async () => {
  for (const { admin, pool, server } of Object.values(places)) {
    admin.destroy();
    await pool.end();
    await server.stop();
  }
});

describe('streams in both directions at once', () => {
  it('invariants 2 and 3: keys go to and fro under writes; each write is there once on both sides, and none comes back', async () => {
    const stop = new AbortController();
    let side: OwnerSide = 'legacy';
    const sideOf = (user: number): OwnerSide => (moving.includes(String(user)) ? side : 'legacy');
    const writers = users.map((user) => keepWriting(user, () => sideOf(user), stop.signal));
    for (let epoch = 1; epoch <= 6; epoch++) {
      await sleep(60);
      const to: OwnerSide = side === 'legacy' ? 'service' : 'legacy';
      await handOver(side, to, epoch);
      side = to;
    }
    stop.abort();
    const tokens = (await Promise.all(writers)).flat().toSorted();
    for (const from of ['legacy', 'service'] as const) await settled(from);
    expect(tokens.length).toBeGreaterThan(20);
    expect(await tokensOn('legacy')).toEqual(tokens);
    expect(await tokensOn('service')).toEqual(tokens);
    expect(await pointsOn('service')).toEqual(await pointsOn('legacy'));
    for (const stream of Object.values(streams)) {
      expect(stream.state()).toEqual({ kind: 'streaming' });
      expect(stream.stats().peerTransactions).toBeGreaterThan(0);
    }
  });

  it('invariant 2: stops in front of a change of a row that its target owns, and applies nothing of it', async () => {
    await write('legacy', 7, 'mine');
    await settled('legacy');
    await handOver('legacy', 'service', 1);
    await removeFence(places.legacy.admin, places.legacy.fence);
    await places.legacy.admin.query("UPDATE app.trips SET token = 'stolen'");
    const stopped = (): boolean => streams.legacy.state().kind === 'stopped';
    expect(await waitUntil(stopped, { budgetMs: 20_000 })).toBe(true);
    expect(streams.legacy.state()).toMatchObject({ error: { code: 'CDC_TARGET_OWNS_ROWS' } });
    expect(await tokensOn('service')).toEqual(['mine']);
  });
});

describe('the rows of some keys', () => {
  it('are compared in both directions, and nobody else’s', async () => {
    for (const [user, token] of [
      [7, 'a'],
      [7, 'b'],
      [8, 'c'],
      [9, 'd'],
    ] as const)
      await write('legacy', user, token);
    await settled('legacy');
    expect(await compare('legacy', ['7', '8'])).toEqual({ rows: 9, wrong: 0, overflowed: false });
    expect(await compare('service', ['7', '8'])).toEqual({ rows: 9, wrong: 0, overflowed: false });
    await streams.service.stop();
    await removeFence(places.service.admin, places.service.fence);
    // One that differs, one that is missing, one too many; as each side sees it.
    await places.service.admin.query(`UPDATE app.ride SET token = 'x' WHERE token = 'a';
      DELETE FROM app.spot WHERE ride_id = (SELECT id FROM app.ride WHERE token = 'c') LIMIT 1;
      INSERT INTO app.ride (id, rider, token) VALUES (1000, 8, 'more'); UPDATE app.ride SET token = 'y' WHERE rider = 9`);
    expect(await compare('legacy', ['7', '8'])).toMatchObject({ wrong: 3 });
    expect(await compare('service', ['7', '8'])).toMatchObject({ wrong: 3 });
    expect(await compare('legacy', ['7'])).toMatchObject({ rows: 6, wrong: 1 });
  });
});

function compare(from: OwnerSide, keys: readonly string[]): Promise<unknown> {
  const to = from === 'legacy' ? 'service' : 'legacy';
  const sides = {
    stream: streams[from],
    sourceUrl: places[from].server.url(),
    sourceSchema: 'app',
    targetUrl: places[to].server.url(),
    targetSchema: 'app',
    targetTables: tables[to],
    maps: mapsOf(from, to),
  };
  const [source, target] = [places[from].fence.keys ?? {}, places[to].fence.keys ?? {}];
  return verifyOwnerKeys(sides, { keys, source, target });
}

async function open(side: OwnerSide): Promise<Place> {
  const server = await startMariaDb({ serverId: side === 'legacy' ? 1 : 2 });
  const admin = await openConnection(server.url(), { multipleStatements: true });
  const [parent, child] = tables[side];
  const { owner, parent: reference } = columns[side];
  await admin.query(`CREATE DATABASE app; CREATE USER banyan@'%'; GRANT ALL ON *.* TO banyan@'%';
    CREATE TABLE app.${parent} (id INT AUTO_INCREMENT PRIMARY KEY, ${owner} INT NOT NULL, token VARCHAR(40) NOT NULL);
    CREATE TABLE app.${child} (id INT AUTO_INCREMENT PRIMARY KEY, ${reference} INT NOT NULL)`);
  await installBookkeeping(admin);
  const keys = { [parent]: { column: owner }, [child]: { column: reference, of: `${parent}.id` } };
  const fence = { unit: 'trips', schema: 'app', tables: [parent, child], side, applyUser: 'banyan', keys };
  return { server, admin, pool: openPool(server.url()), fence };
}

function streamFrom(from: OwnerSide, to: OwnerSide): Stream {
  const domains = { legacy: 7701, service: 7702 };
  const sourceUrl = places[from].server.url('banyan');
  const source = { databaseUrl: sourceUrl, schema: 'app', tables: [...tables[from]], log: silentLog };
  return createStream({
    name: `from-${from}`,
    unit: 'trips',
    source: createBinlogChangeSource(source),
    sourceUrl,
    sourceSchema: 'app',
    targetUrl: places[to].server.url('banyan'),
    targetSchema: 'app',
    targetTables: [...tables[to]],
    targetSide: to,
    isOwnedByKey: true,
    maps: mapsOf(from, to),
    mappingVersion: 1,
    ownDomain: domains[from],
    skipDomain: domains[to],
    snapshot: from === 'legacy',
    log: silentLog,
  });
}

function mapsOf(from: OwnerSide, to: OwnerSide): TableMaps {
  const [parent, child] = tables[from];
  const rename = (table: string, was: string, is: string, rest: readonly string[]): MapRow => {
    return (row) => {
      const kept = rest.map((name) => [name, row[name] ?? null] as const);
      return [
        { table, key: { id: row['id'] ?? null }, columns: { [is]: row[was] ?? null, ...Object.fromEntries(kept) } },
      ];
    };
  };
  return {
    [parent]: rename(tables[to][0], columns[from].owner, columns[to].owner, ['token']),
    [child]: rename(tables[to][1], columns[from].parent, columns[to].parent, []),
  };
}

/** The steps of a handover, for the moving keys. */
async function handOver(from: OwnerSide, to: OwnerSide, epoch: number): Promise<void> {
  const flip = { unit: 'trips', keys: moving, to, epoch };
  let outcome = 'busy';
  while (outcome === 'busy') outcome = await flipKeys(places[from].pool, flip);
  await settled(from);
  while ((outcome = await flipKeys(places[to].pool, flip)) === 'busy');
  expect(outcome).toBe('flipped');
}

async function settled(from: OwnerSide): Promise<void> {
  const reached = await streams[from].waitFor(await headOf(places[from].admin), { budgetMs: 20_000 });
  expect([reached, streams[from].state()]).toEqual([true, { kind: 'streaming' }]);
}

/** A trip and two points of it, on whichever side owns the user's rows: whoever is refused tries again. */
async function keepWriting(user: number, sideOf: () => OwnerSide, signal: AbortSignal): Promise<string[]> {
  const tokens: string[] = [];
  for (let i = 0; !signal.aborted; i++) {
    const token = `${user}-${i}`;
    const isWritten = await write(sideOf(), user, token).catch((error: Error) => error.message);
    if (isWritten === true) tokens.push(token);
    else expect(isWritten).toMatch(/^banyan: a row of trips is owned by/);
    await sleep(1);
  }
  return tokens;
}

/** Each side numbers its rows from a half of its own. */
async function write(side: OwnerSide, user: number, token: string): Promise<true> {
  const [parent, child] = tables[side];
  const { owner, parent: reference } = columns[side];
  const connection = await places[side].pool.getConnection();
  try {
    await connection.query(`SET auto_increment_increment=2, auto_increment_offset=${side === 'legacy' ? 1 : 2}`);
    await connection.query('START TRANSACTION');
    await connection.query(`INSERT INTO app.${parent} (${owner}, token) VALUES (?, ?)`, [user, token]);
    await connection.query(`INSERT INTO app.${child} (${reference}) VALUES (LAST_INSERT_ID()), (LAST_INSERT_ID())`);
    await connection.query('COMMIT');
    return true;
  } finally {
    await connection.query('ROLLBACK');
    connection.release();
  }
}

async function tokensOn(side: OwnerSide): Promise<string[]> {
  const [rows] = await places[side].admin.query<RowDataPacket[]>(`SELECT token FROM app.${tables[side][0]}`);
  return rows.map((row) => String(row['token'])).toSorted();
}

async function pointsOn(side: OwnerSide): Promise<unknown[]> {
  const { parent } = columns[side];
  const [rows] = await places[side].admin.query<RowDataPacket[]>(
    `SELECT id, ${parent} AS parent FROM app.${tables[side][1]} ORDER BY id`,
  );
  return rows;
}
