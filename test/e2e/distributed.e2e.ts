import { rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GateResult } from '../../cutover/index.ts';
import { createTraffic, type Traffic, type TrafficReport } from '../../legacy/index.ts';
import { messageOf, waitUntil } from '../../shared/index.ts';
import { accountFor } from '../support/account.ts';
import { startDistributed, type Distributed, type ProcessName } from '../support/distributed.ts';
import { quickPlans } from '../support/plans.ts';
import { sessionOf } from '../support/session.ts';
import { openTransaction } from '../support/open-transaction.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let banyan: Distributed;
let traffic: Traffic;

beforeAll(async () => {
  world = await startWorld({ size: { users: 100, vehicles: 20, trips: 500 } });
  const plans = quickPlans();
  banyan = await startDistributed(world, { BANYAN_PLANS: plans });
  traffic = createTraffic({ baseUrl: banyan.edgeUrl, users: { from: 11, count: 30 }, requestsPerSecond: 80 });
  await traffic.start();
}, 600_000);

afterAll(async () => {
  await traffic?.stop();
  await banyan?.stop();
  await world?.stop();
});

/** Kills -9, lets requests meet the gap, starts again, and answers what traffic saw meanwhile. */
async function killed(name: ProcessName): Promise<Pick<TrafficReport, 'failures' | 'stale'>> {
  const before = traffic.report();
  await banyan.kill(name);
  await served(20);
  await banyan.start(name);
  await served(20);
  const { failures, stale } = traffic.report();
  return { failures: failures.slice(before.failures.length), stale: stale.slice(before.stale.length) };
}

/** So many more requests were answered. */
async function served(count: number): Promise<void> {
  const goal = traffic.report().requests + count;
  expect(await waitUntil(() => traffic.report().requests >= goal, { budgetMs: 30_000, everyMs: 20 })).toBe(true);
}

async function acknowledged(count: number): Promise<void> {
  const goal = traffic.report().acknowledgedWrites + count;
  expect(await waitUntil(() => traffic.report().acknowledgedWrites >= goal, { budgetMs: 30_000, everyMs: 20 })).toBe(
    true,
  );
}

/** Legacy's routes that join the unit's rows. */
const dependents = new Set([
  'GET /api/users/me/summary',
  'GET /api/billing/statement',
  'GET /api/fleet/status',
  'GET /api/vehicles/{id}',
]);

async function decisionOf(user: number): Promise<string> {
  const headers = { ...(await sessionOf(banyan.edgeUrl, user)), 'x-banyan-explain': '1' };
  const answer = await fetch(`${banyan.edgeUrl}/api/trips`, { headers });
  await answer.text();
  return `${answer.status} ${answer.headers.get('x-banyan-target')} ${answer.headers.get('x-banyan-reason')}`;
}

async function eventually(what: () => Promise<string | undefined>, expected: string): Promise<void> {
  let last: string | undefined;
  await waitUntil(async () => (last = await what().catch(messageOf)) === expected, { budgetMs: 15_000, everyMs: 50 });
  expect(last).toBe(expected);
}

const stageOf = async (): Promise<string> => (await banyan.unit()).record.stage.name;
const syncState = async (): Promise<string | undefined> => (await banyan.unit()).measured.sync?.state;

/** A sync that was started again no longer knows which rows changed: it compares them all before a handover. */
async function verified(): Promise<void> {
  await eventually(syncState, 'streaming');
  expect(await banyan.verify()).toMatchObject({ wrong: 0 });
  await eventually(async () => (await banyan.unit()).measured.reverse?.armed?.toString(), 'true');
}

/** The gates of the cutover have passed: a control that has just started knows some of it only after a moment. */
async function passing(): Promise<void> {
  const closed = async (): Promise<string> => {
    const { gates } = await banyan.control.get<{ gates: GateResult[] }>('/v1/units/trips/gates');
    return gates.flatMap(({ gate, verdict, value }) => (verdict === 'pass' ? [] : [`${gate}: ${value}`])).join('; ');
  };
  await eventually(closed, '');
}

async function handover(): Promise<string> {
  const [row] = await world.serviceDb.sql<{ progress: string | null }>(
    "SELECT JSON_VALUE(handover, '$.progress') AS progress FROM unit",
    'banyan',
  );
  return row?.progress ?? 'none';
}

describe('edge, sync and control as three processes', () => {
  it('walk a unit to reads', async () => {
    await banyan.walkTo('reads');
    await eventually(() => decisionOf(90), '200 service reads');
  }, 600_000);

  it('send every reader to legacy while sync is dead, and say so', async () => {
    await banyan.kill('sync');
    await eventually(() => decisionOf(90), '200 legacy copy-late');
    expect(await syncState()).toBe('unknown (CONTROL_SYNC_UNREACHABLE)');
    expect(await banyan.handOver('cutover')).toMatchObject({ outcome: 'refused' });
    await banyan.start('sync');
    await eventually(() => decisionOf(90), '200 service reads');
  }, 600_000);

  it('invariant 1: fail nothing and show nothing stale when sync is killed -9 while legacy owns', async () => {
    expect(await killed('sync')).toEqual({ failures: [], stale: [] });
  }, 600_000);

  it('fail nothing when control is killed -9: the edge goes on with what it knows', async () => {
    expect(await killed('control')).toEqual({ failures: [], stale: [] });
  }, 600_000);

  it('take a unit off its service within two seconds by a file, with control dead', async () => {
    const file = world.env['KILL_FILE'] ?? '';
    await banyan.kill('control');
    await writeFile(file, '*\n');
    const isKilled = async (): Promise<boolean> => (await decisionOf(90)) === '200 legacy killed';
    expect(await waitUntil(isKilled, { budgetMs: 20_000, everyMs: 20 })).toBe(true);
    await banyan.start('control');
    await rm(file);
    await eventually(() => decisionOf(90), '200 service reads');
  }, 600_000);

  it('invariant 8: cancel a cutover whose controller was killed -9 in its middle', async () => {
    const before = traffic.report().failures.length;
    await verified();
    const blocker = await openTransaction(world);
    await passing();
    const move = banyan.handOver('cutover').catch(() => undefined);
    await eventually(handover, 'begun');
    await banyan.kill('control');
    await move;
    await blocker.release();
    await banyan.start('control');
    await eventually(handover, 'none');
    expect(await stageOf()).toBe('reads');
    await acknowledged(10);
    // Held for longer than the edge lets anybody wait, because nobody was there to end it.
    expect(
      traffic
        .report()
        .failures.slice(before)
        .filter(({ status }) => status !== 503),
    ).toEqual([]);
  }, 600_000);

  it('hand the rows over and fail nothing', async () => {
    const before = traffic.report().failures;
    await verified();
    await passing();
    expect(await banyan.handOver('cutover')).toMatchObject({ outcome: 'done' });
    await acknowledged(20);
    expect(traffic.report().failures.slice(before.length)).toEqual([]);
    await eventually(() => decisionOf(90), '200 service owned');
  }, 600_000);

  it('invariant 1: make only those wait who read through legacy, when sync is killed -9 while the service owns', async () => {
    const { failures, stale } = await killed('sync');
    expect(stale).toEqual([]);
    expect(failures.filter(({ status }) => status !== 503)).toEqual([]);
    expect(failures.filter(({ route }) => !dependents.has(route))).toEqual([]);
    await eventually(syncState, 'streaming');
    await eventually(async () => (await banyan.unit()).measured.reverse?.armed?.toString(), 'true');
  }, 600_000);

  it('invariant 3: lose nothing when the edge is killed -9, and know the owner at its next start', async () => {
    const { failures, stale } = await killed('edge');
    expect(stale).toEqual([]);
    // A new edge knows of no write before it: who reads through legacy waits until what was written then has come there.
    const mayWait = ({ status, route }: (typeof failures)[number]): boolean => status === 503 && dependents.has(route);
    expect(failures.filter((one) => one.status !== 0 && !mayWait(one))).toEqual([]);
    expect(await decisionOf(90)).toBe('200 service owned');
  }, 600_000);

  it('invariant 2: start an edge without control from the stages it kept, and still write on the owner', async () => {
    await banyan.kill('control');
    await banyan.kill('edge');
    await banyan.start('edge');
    expect(await decisionOf(90)).toBe('200 service owned');
    await banyan.start('control');
  }, 600_000);

  it('invariant 3: have every acknowledged write once on the owner, and both sides equal, after all of it', async () => {
    await verified();
    expect(await banyan.handOver('rollback')).toMatchObject({ outcome: 'done' });
    await acknowledged(10);
    await traffic.pause();
    expect(await banyan.verify()).toMatchObject({ wrong: 0 });
    expect((await accountFor(traffic, world, 'legacy')).findings).toEqual([]);
    expect(traffic.report().stale).toEqual([]);
  }, 600_000);

  it('publish at /metrics what banyan status shows', async () => {
    const waits = async (): Promise<string> => JSON.stringify((await banyan.unit()).measured.waits);
    await eventually(waits, '{"hold":0,"ownWrite":0}'); // Edges tell it now and then.
    const { record, measured } = await banyan.unit();
    const metrics = await banyan.metrics('control');
    const of = (name: string, labels = ''): number | undefined =>
      metrics.get(`banyan_unit_${name}{unit="trips"${labels}}`);
    expect([of('epoch'), of('stage', `,stage="${record.stage.name}"`)]).toEqual([record.epoch, 1]);
    expect([of('owner', ',owner="legacy"'), of('owner', ',owner="service"')]).toEqual([1, 0]);
    expect(record.owner).toBe('legacy');
    const verified = (name: string): number => of(`verification_${name}`, ',direction="forward"') ?? Number.NaN;
    const { ageMs = 0, rows, wrong, coverage } = measured.verification ?? {};
    expect([verified('rows'), verified('wrong_rows'), verified('coverage_ratio') * 100]).toEqual([
      rows,
      wrong,
      coverage,
    ]);
    expect(Math.abs(verified('age_seconds') - ageMs / 1000)).toBeLessThan(10);
    const waiting = ['hold', 'own-write'].map((reason) => of('waiting_requests', `,reason="${reason}"`));
    expect(waiting).toEqual([measured.waits?.hold, measured.waits?.ownWrite]);
    expect(waiting).toEqual([0, 0]);
    const { levelAgeMs = Number.NaN } = measured;
    const copy = await banyan.metrics('sync');
    expect(Math.abs((copy.get('banyan_unit_level_age_seconds{unit="trips"}') ?? 0) - levelAgeMs / 1000)).toBeLessThan(
      10,
    );
  }, 600_000);
});
