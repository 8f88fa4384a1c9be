import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { composeSync, syncSettings, type RunningSync } from '../../cli/index.ts';
import { loadUnits } from '../../cutover/index.ts';
import { createTraffic } from '../../legacy/index.ts';
import { messageOf, readSettings, systemClock, waitUntil } from '../../shared/index.ts';
import { startDistributed, type Distributed } from '../support/distributed.ts';
import { makePairs, PairClient, staleOf } from '../support/pairs.ts';
import { changedPlans, QUICK_SHADOW } from '../support/plans.ts';
import { startWorld, type World } from '../support/world.ts';

/** `npm run proof:pairs` makes 10,000. */
const PAIRS = Number(process.env['BANYAN_PAIRS'] ?? 1_000);
const lag = { ms: 0 };
let world: World;
let sync: RunningSync;
let banyan: Distributed;
let browsers: PairClient[];
let scripts: PairClient[];
let onlooker: PairClient;

beforeAll(async () => {
  world = await startWorld({ size: { users: 100, vehicles: 20, trips: 500 } });
  // With the plan's own limit everybody would be sent to legacy as soon as the copy is late; here markers alone decide.
  const BANYAN_PLANS = changedPlans((plan) =>
    Object.assign(plan['gates'] ?? {}, { lag: { maxMs: 60_000 }, shadow: QUICK_SHADOW }),
  );
  const env = { ...world.env, BANYAN_PLANS, LOG_LEVEL: 'fatal' };
  const delayed = { at: (point: string) => (point === 'apply:begin' ? systemClock.sleep(lag.ms) : undefined) };
  sync = await composeSync(readSettings(syncSettings, env), await loadUnits(BANYAN_PLANS, env), delayed);
  banyan = await startDistributed(world, { BANYAN_PLANS }, { edges: 2, sync: false });
  const traffic = createTraffic({ baseUrl: banyan.edgeUrl, users: { from: 51, count: 20 }, requestsPerSecond: 60 });
  await traffic.start();
  await banyan.walkTo('reads');
  await traffic.stop();
  browsers = await clients(11, { hasJar: true });
  scripts = await clients(31, { hasJar: false });
  onlooker = await PairClient.open(banyan.edgeUrl, 91, { hasJar: false });
  lag.ms = 2_000;
}, 600_000);

afterAll(async () => {
  lag.ms = 0;
  await banyan?.stop();
  await sync?.stop();
  await world?.stop();
});

function clients(from: number, options: { hasJar: boolean }): Promise<PairClient[]> {
  const users = Array.from({ length: 10 }, (_, i) => from + i);
  return Promise.all(users.map((user) => PairClient.open(banyan.edgeUrl, user, options)));
}

/** Where an edge sends somebody, of whom `onlooker` has not written for long. */
async function reasonAt(edgeUrl: string | undefined, who = onlooker): Promise<string> {
  const { target, reason } = await who.read(edgeUrl ?? '', who.trip);
  return `${target} ${reason}`;
}

async function eventually(what: () => Promise<string>, expected: string): Promise<void> {
  let last = '';
  await waitUntil(async () => (last = await what().catch(messageOf)) === expected, { budgetMs: 30_000, everyMs: 50 });
  expect(last).toBe(expected);
}

/** Whoever has not written for long reads from the copy, at every edge. */
async function allLive(): Promise<void> {
  for (const url of banyan.edgeUrls) await eventually(() => reasonAt(url), 'service reads');
}

/** Lets the copy come level: it would take minutes over thousands of writes, at two seconds a batch. */
async function catchUp(): Promise<void> {
  lag.ms = 0;
  for (const writer of [...browsers, ...scripts])
    for (const url of banyan.edgeUrls) await eventually(() => reasonAt(url, writer), 'service reads');
  lag.ms = 2_000;
}

describe('two edges, with the copy two seconds behind', () => {
  it(`invariant 1: of ${PAIRS} writes through one and reads through the other none is stale, with cookies or without`, async () => {
    await allLive();
    const pairs = await makePairs([...browsers, ...scripts], banyan.edgeUrls, PAIRS);
    expect(pairs.length).toBeGreaterThanOrEqual(PAIRS);
    expect(staleOf(pairs)).toEqual([]);
    expect(new Set(pairs.map(({ reason }) => reason))).toEqual(new Set(['own-write-pending']));
    await allLive(); // Whoever has not written goes on reading from the copy.
    await catchUp();
  }, 600_000);

  it('invariant 1: show nothing stale without control: they read from legacy, and are live again once it is back', async () => {
    await banyan.kill('control');
    const during = await makePairs([...browsers, ...scripts], banyan.edgeUrls, 200);
    expect(staleOf(during)).toEqual([]);
    await eventually(() => reasonAt(banyan.edgeUrls[0]), 'legacy frozen');
    expect(staleOf(await makePairs([...browsers, ...scripts], banyan.edgeUrls, 100))).toEqual([]);
    await banyan.start('control');
    const after = await makePairs([...browsers, ...scripts], banyan.edgeUrls, 100);
    expect(staleOf(after)).toEqual([]);
    await allLive();
  }, 600_000);

  it('invariant 1: show nothing stale when one of them is stopped in its tracks and goes on later', async () => {
    const [first = '', second = ''] = banyan.edgeUrls;
    banyan.freeze('edge-2', true);
    const alone = await makePairs(scripts, [first, first], 60);
    expect(staleOf(alone)).toEqual([]);
    await eventually(() => reasonAt(first), 'legacy frozen');
    const sleeping = scripts.map((client) => client.read(second, client.trip));
    banyan.freeze('edge-2', false);
    for (const { reason } of await Promise.all(sleeping)) expect(['frozen', 'own-write-pending']).toContain(reason);
    expect(staleOf(await makePairs([...browsers, ...scripts], banyan.edgeUrls, 100))).toEqual([]);
    await allLive();
  }, 600_000);

  it('go on without one that was killed, as soon as it is known to be gone', async () => {
    await banyan.kill('edge-2');
    const [first = ''] = banyan.edgeUrls;
    expect(staleOf(await makePairs(scripts, [first, first], 60))).toEqual([]);
    await eventually(() => reasonAt(first), 'service reads');
    await banyan.start('edge-2');
    await allLive();
    expect(staleOf(await makePairs([...browsers, ...scripts], banyan.edgeUrls, 100))).toEqual([]);
  }, 600_000);

  it('invariant 2: hand nothing over while one of them is silent, and both hold when it is back', async () => {
    lag.ms = 0;
    await allLive();
    expect(await banyan.verify()).toMatchObject({ wrong: 0 });
    banyan.freeze('edge-2', true);
    await expect(banyan.handOver('cutover')).resolves.not.toMatchObject({ outcome: 'done' });
    banyan.freeze('edge-2', false);
    await allLive();
    expect(await banyan.verify()).toMatchObject({ wrong: 0 });
    expect(await banyan.handOver('cutover')).toMatchObject({ outcome: 'done' });
    for (const url of banyan.edgeUrls) await eventually(() => reasonAt(url), 'service owned');
  }, 600_000);

  it('invariant 1: after the cutover, legacy routes of one edge wait for what was written through the other', async () => {
    const [first = '', second = ''] = banyan.edgeUrls;
    lag.ms = 500;
    const [writer] = scripts;
    for (let round = 0; round < 5; round++) {
      const { written } = (await writer?.pair(first, first)) ?? {};
      const answer = await writer?.send(second, 'GET', '/api/users/me/summary');
      expect(await answer?.json()).toMatchObject({ lastTripNote: String(written) });
    }
  }, 600_000);
});
