import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { UnseenCallers } from '../../cutover/index.ts';
import { createTraffic, type Traffic } from '../../legacy/index.ts';
import { openConnection, waitUntil } from '../../shared/index.ts';
import { startDistributed, type Distributed } from '../support/distributed.ts';
import { createOperator } from '../support/operator.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let banyan: Distributed;
let traffic: Traffic;

beforeAll(async () => {
  world = await startWorld({ size: { users: 50, vehicles: 10, trips: 200 } });
  await world.legacyDb.sql(
    `GRANT PROCESS ON *.* TO 'banyan'@'%';
     CREATE USER 'fleet_cron'@'%' IDENTIFIED BY 'example'; GRANT ALL ON fleet.* TO 'fleet_cron'@'%'`,
  );
  banyan = await startDistributed(world);
  traffic = createTraffic({ baseUrl: banyan.edgeUrl, users: { from: 11, count: 20 }, requestsPerSecond: 60 });
}, 120_000);

afterAll(async () => {
  await traffic?.stop();
  await banyan?.stop();
  await world?.stop();
});

async function callers(): Promise<UnseenCallers> {
  return (await banyan.control.get<{ callers: UnseenCallers }>('/v1/units/trips/callers')).callers;
}

/** Everything that was read from the log up to a moment is judged. */
async function judgedUntil(ms: number): Promise<void> {
  await eventually(async () => Date.parse((await callers()).lookedAt ?? '') > ms + 5_000);
}

async function eventually(what: () => Promise<boolean>): Promise<void> {
  expect(await waitUntil(() => what().catch(() => false), { budgetMs: 60_000, everyMs: 200 })).toBe(true);
}

/** As a cron job does it: connects, writes, goes. */
async function cron(): Promise<void> {
  const connection = await openConnection(world.legacyDb.url('fleet_cron', 'example', 'fleet'));
  await connection.query('UPDATE trips SET legacy_flags = legacy_flags + 1 ORDER BY id LIMIT 3');
  await connection.end();
}

describe('a cron job that writes behind the back', () => {
  it('is listed with table, time and count, and what comes through an edge is not', async () => {
    await eventually(async () => (await banyan.unit()).measured.sync?.state === 'streaming');
    await traffic.start();
    await eventually(async () => traffic.report().acknowledgedWrites >= 20);
    await traffic.pause();
    // A write that comes with those of an edge cannot be told from them: this one comes after.
    await judgedUntil(Date.now());
    expect((await callers()).writes).toEqual([]);
    await cron();
    await eventually(async () => (await callers()).writes.length > 0);
    const { writes } = await createOperator(world.env).run<UnseenCallers>('callers', 'trips');
    expect(writes).toMatchObject([{ table: 'trips', transactions: 1 }]);
    const [write] = writes;
    // Whoever has gone before anybody could look is unknown, and nobody else is named in its place.
    expect(write?.users.filter((user) => !user.startsWith('fleet_cron@'))).toEqual([]);
    expect(write?.firstSeen).toBe(write?.lastSeen);
  });

  it('is named when it stays long enough to be looked at', async () => {
    const connection = await openConnection(world.legacyDb.url('fleet_cron', 'example', 'fleet'));
    try {
      await eventually(async () => {
        await connection.query('UPDATE trips SET legacy_flags = legacy_flags + 1 ORDER BY id LIMIT 1');
        return (await callers()).writes.some(({ users }) => users.some((user) => user.startsWith('fleet_cron@')));
      });
    } finally {
      await connection.end();
    }
  });

  it('is counted for Prometheus, by table', async () => {
    const counted = (await banyan.metrics('control')).get('banyan_unseen_writes_total{unit="trips",table="trips"}');
    expect(counted).toBeGreaterThanOrEqual(2);
  });

  it('is remembered when control and sync are started again, and counted no second time', async () => {
    const before = (await callers()).writes;
    await banyan.kill('control');
    await banyan.kill('sync');
    await Promise.all([banyan.start('control'), banyan.start('sync')]);
    await eventually(async () => (await banyan.unit()).measured.sync?.state === 'streaming');
    const { lookedAt = '' } = await callers();
    await eventually(async () => ((await callers()).lookedAt ?? '') > lookedAt);
    expect((await callers()).writes).toEqual(before);
  });
});
