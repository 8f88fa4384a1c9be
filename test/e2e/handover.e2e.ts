import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createTraffic, type Traffic } from '../../legacy/index.ts';
import { openConnection, waitUntil } from '../../shared/index.ts';
import { accountFor } from '../support/account.ts';
import { startBanyan, type Banyan } from '../support/banyan.ts';
import { openTransaction } from '../support/open-transaction.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let banyan: Banyan;
let traffic: Traffic;

beforeAll(async () => {
  world = await startWorld({ size: { users: 100, vehicles: 20, trips: 2_000 } });
  banyan = await startBanyan(world);
  traffic = createTraffic({
    baseUrl: banyan.edgeUrl,
    users: { from: 11, count: 40 },
    requestsPerSecond: 120,
    explain: true,
  });
  await traffic.start();
  await banyan.walkTo('reads');
}, 600_000);

afterAll(async () => {
  await traffic.stop();
  await banyan.stop();
  await world.stop();
});

afterEach(() => traffic.resume());

async function owner(): Promise<string | undefined> {
  const [status] = await banyan.controller.status();
  return status?.record.owner;
}

describe('a handover under live writes', () => {
  it('invariant 3: 50 cutovers and rollbacks leave every acknowledged write exactly once on the owner', async () => {
    for (let i = 0; i < 50; i++) {
      const result = await banyan.handOver(i % 2 === 0 ? 'cutover' : 'rollback');
      expect(result).toMatchObject({ outcome: 'done' });
    }
    await traffic.pause();
    expect(await owner()).toBe('legacy');
    const report = traffic.report();
    expect(report.failures).toEqual([]);
    expect(report.stale).toEqual([]);
    expect(report.acknowledgedWrites).toBeGreaterThan(100);
    expect((await accountFor(traffic, world, 'legacy')).findings).toEqual([]);
  }, 600_000);

  it('leaves both sides equal through the mapping, whoever owns the rows', async () => {
    await traffic.pause();
    const forward = await banyan.controller.verify('trips', 'forward', {});
    const reverse = await banyan.controller.verify('trips', 'reverse', {});
    expect([forward.findings, reverse.findings]).toEqual([[], []]);
    expect(forward.rows).toBeGreaterThan(2_000);
  });

  it('leaves legacy’s unmapped column untouched by a rollback', async () => {
    await traffic.pause();
    await world.legacyDb.sql('UPDATE trips SET legacy_flags = 7 ORDER BY id LIMIT 1', 'fleet');
    await banyan.handOver('cutover');
    await world.serviceDb.sql("UPDATE trip SET note = 'written while owned' ORDER BY id LIMIT 1", 'trips');
    await banyan.handOver('rollback');
    const [row] = await world.legacyDb.sql<{ note: string; legacy_flags: number }>(
      'SELECT note, legacy_flags FROM trips ORDER BY id LIMIT 1',
      'fleet',
    );
    expect(row).toEqual({ note: 'written while owned', legacy_flags: 7 });
  });
});

async function verifications(): Promise<number> {
  const [row] = await world.serviceDb.sql<{ n: string }>('SELECT COUNT(*) AS n FROM banyan.verification');
  return Number(row?.n);
}

describe('a rehearsal', () => {
  const intent = { who: 'test@here', reason: 'before the night' };

  it('goes through a cutover and its rollback with the real rows, moves nothing and fails no request', async () => {
    const before = await marks();
    const verifiedBefore = await verifications();
    const report = await banyan.controller.rehearse('trips', intent);
    expect((await verifications()) - verifiedBefore).toBe(2); // One each way, kept as any other.
    expect(report.steps.filter(({ ok }) => !ok)).toEqual([]);
    expect([report.passed, report.owner, report.steps.length]).toEqual([true, 'legacy', 9]);
    expect(await marks()).toEqual(before);
    expect(traffic.report().failures).toEqual([]);
  });

  it('says what would have stopped it, and tries the rest all the same', async () => {
    await traffic.pause();
    const blocker = await openTransaction(world);
    const report = await banyan.controller.rehearse('trips', intent);
    await blocker.release();
    expect(report.passed).toBe(false);
    expect(report.steps.filter(({ ok }) => !ok)).toMatchObject([{ way: 'cutover', step: 'barrier' }]);
    expect(report.steps).toHaveLength(9);
  });
});

describe('a writer behind the back', () => {
  it('invariant 2: the nightly job is refused by the database after the cutover', async () => {
    await banyan.handOver('cutover');
    const { exitCode, output } = await world.legacyJob('nightly');
    expect(exitCode).toBe(1);
    expect(output).toMatch(/trips is owned by service/);
    await banyan.handOver('rollback');
  });

  it('invariant 2: the service’s own account cannot write while legacy owns the rows', async () => {
    const account = world.serviceDb.url('trips_app', 'example', 'trips');
    const connection = await openConnection(account);
    await expect(connection.query('UPDATE trip SET note = NULL LIMIT 1')).rejects.toThrow(/trips is owned by legacy/);
    await connection.end();
  });
});

describe('a cancelled cutover', () => {
  it('invariant 8: leaves no lasting change when the writes in flight do not end', async () => {
    await traffic.pause();
    const before = await marks();
    const blocker = await openTransaction(world);
    const result = await banyan.handOver('cutover');
    await blocker.release();
    expect(result).toMatchObject({ outcome: 'cancelled', at: 'fence' });
    expect(await marks()).toEqual(before);
    traffic.resume();
    const written = traffic.report().acknowledgedWrites;
    expect(await waitUntil(() => traffic.report().acknowledgedWrites > written + 5, { budgetMs: 10_000 })).toBe(true);
  });
});

/** Everything a cancel must give back: who owns what on both servers, and the stage. */
async function marks(): Promise<unknown> {
  const [status] = await banyan.controller.status();
  return {
    stage: status?.record.stage,
    owner: status?.record.owner,
    handover: status?.record.handover,
    legacy: await world.legacyDb.sql('SELECT owner FROM banyan.ownership'),
    service: await world.serviceDb.sql('SELECT owner FROM banyan.ownership'),
  };
}
