import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTraffic, type Traffic, type TrafficReport } from '../../legacy/index.ts';
import { messageOf, waitUntil } from '../../shared/index.ts';
import { accountFor } from '../support/account.ts';
import { startBanyan, type Banyan } from '../support/banyan.ts';
import { changedPlans, QUICK_SHADOW } from '../support/plans.ts';
import type { Program } from '../support/program.ts';
import { sessionOf } from '../support/session.ts';
import { startWorld, type World } from '../support/world.ts';

const TOKEN = 'registration-token-of-the-test';
const RATE = 120;
const USER = 90;

let world: World;
let banyan: Banyan;
/** Everything that was written in any part of the story, to be accounted for at its end. */
const parts: Traffic[] = [];
const replicas: Program[] = [];

beforeAll(async () => {
  world = await startWorld({ size: { users: 100, vehicles: 20, trips: 500 } });
  const plans = changedPlans((plan) => {
    Object.assign(plan['gates'] ?? {}, { shadow: QUICK_SHADOW });
    Object.assign(plan['service'] ?? {}, { endpoints: { from: 'registration' } });
  });
  banyan = await startBanyan(world, {}, { BANYAN_PLANS: plans, BANYAN_REGISTRATION_TOKEN: TOKEN });
  await sessionOf(banyan.edgeUrl, USER);
}, 600_000);

afterAll(async () => {
  for (const traffic of parts) await traffic.stop();
  for (const replica of replicas) await replica.stop();
  await banyan?.stop();
  await world?.stop();
});

/** Users at work while something happens to the service; what they saw. Each part has users of its own. */
async function during(happens: () => Promise<void>): Promise<TrafficReport> {
  const users = { from: 11 + parts.length * 15, count: 15 };
  const traffic = createTraffic({ baseUrl: banyan.edgeUrl, users, requestsPerSecond: RATE, explain: true });
  parts.push(traffic);
  await traffic.start();
  await happens();
  await traffic.pause();
  return traffic.report();
}

async function decision(): Promise<string> {
  const headers = { ...(await sessionOf(banyan.edgeUrl, USER)), 'x-banyan-explain': '1' };
  const answer = await fetch(`${banyan.edgeUrl}/api/trips`, { headers });
  await answer.text();
  return `${answer.status} ${answer.headers.get('x-banyan-target')} ${answer.headers.get('x-banyan-reason')}`;
}

async function becomes(expected: string): Promise<void> {
  let last = '';
  const look = async (): Promise<boolean> => (last = await decision().catch(messageOf)) === expected;
  await waitUntil(look, { budgetMs: 25_000, everyMs: 100 });
  expect(last).toBe(expected);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

type FailedExample = TrafficReport['failures'][number];

/** Routes that move with the unit. */
const isOfUnit = ({ route }: FailedExample): boolean => /^\w+ \/api\/(trips|tracking)(\/|$)/.test(route);

/** Legacy's own routes that show rows of the unit: they wait for a user's write of which nobody knows whether it was made. */
const dependents = new Set([
  '/api/users/me/summary',
  '/api/billing/statement',
  '/api/fleet/status',
  '/api/vehicles/{id}',
]);
const isDependent = ({ route, status }: FailedExample): boolean =>
  status === 503 && dependents.has(route.slice(route.indexOf(' ') + 1));

/** What a route of legacy's answers meanwhile that has nothing to do with the unit. */
async function elsewhereDuring(happens: () => Promise<void>): Promise<number[]> {
  const over = new AbortController();
  const statuses = new Set<number>();
  const asking = (async () => {
    while (!over.signal.aborted) {
      const headers = await sessionOf(banyan.edgeUrl, USER);
      const answer = await fetch(`${banyan.edgeUrl}/api/notifications`, { headers });
      await answer.text();
      statuses.add(answer.status);
      await pause(10);
    }
  })();
  await happens();
  over.abort();
  await asking;
  return [...statuses];
}

describe('the service killed -9 under load', () => {
  it('fails no request while legacy owns the rows, and gets its readers back when it runs again', async () => {
    const report = await during(async () => {
      await banyan.walkTo('reads');
      await becomes('200 service reads');
      await world.service.kill();
      await becomes('200 legacy breaker-open');
      await pause(1_500);
      await world.service.start();
      await becomes('200 service reads');
    });
    expect(report.failures).toEqual([]);
    expect(report.stale).toEqual([]);
    expect(report.targets['service']).toBeGreaterThan(20);
  }, 600_000);

  it('invariant 9: answers 502 and 503 to what only the service may do, repeats no write, and touches no other route', async () => {
    let elsewhere: number[] = [];
    const report = await during(async () => {
      await banyan.walkTo('owned');
      elsewhere = await elsewhereDuring(async () => {
        await world.service.kill();
        await becomes('503 service breaker-open');
        await pause(1_000);
        await world.service.start();
        await becomes('200 service owned');
      });
    });
    expect(elsewhere).toEqual([200]);
    expect(report.failed).toBeGreaterThan(0);
    expect(report.failures.filter((failure) => !isOfUnit(failure) && !isDependent(failure))).toEqual([]);
    expect(report.failures.filter(({ status }) => status !== 502 && status !== 503)).toEqual([]);
    expect(report.stale).toEqual([]);
  }, 600_000);

  it('fails no read when another endpoint has registered, whoever owns the rows', async () => {
    const join = async (): Promise<void> => {
      const env = { BANYAN_CONTROL_URL: world.env['BANYAN_CONTROL_URL'] ?? '', BANYAN_REGISTRATION_TOKEN: TOKEN };
      replicas.push(await world.startReplica(env));
    };
    const endpoints = async (): Promise<number> =>
      (await metric('banyan_edge_endpoints{target="trips",state="usable"}')) ?? 0;
    await Promise.all([join(), join()]);
    expect(await waitUntil(async () => (await endpoints()) === 2, { budgetMs: 15_000, everyMs: 100 })).toBe(true);
    await during(async () => {
      const areClosed = async (): Promise<boolean> => (await notClosed()) === 0;
      expect(await waitUntil(areClosed, { budgetMs: 30_000, everyMs: 200 })).toBe(true);
    });
    const report = await during(async () => {
      await pause(1_000);
      await replicas[0]?.kill();
      await pause(2_000);
    });
    const unexplained = report.failures.filter((failure) => !isDependent(failure));
    expect(unexplained.filter(({ route }) => route.startsWith('GET '))).toEqual([]);
    expect(unexplained.filter(({ status }) => status !== 502)).toEqual([]);
    expect(report.stale).toEqual([]);
    // The silent one is gone with its lease, one that leaves at once; then the service is where its plan says.
    expect(await waitUntil(async () => (await endpoints()) === 1, { budgetMs: 20_000, everyMs: 100 })).toBe(true);
    await replicas[1]?.stop();
    await becomes('200 service owned');
  }, 600_000);

  it('invariant 3: has every acknowledged write once on the owner after all of it', async () => {
    for (const traffic of parts) expect((await accountFor(traffic, world, 'service')).findings).toEqual([]);
    expect(parts.reduce((sum, traffic) => sum + traffic.report().acknowledgedWrites, 0)).toBeGreaterThan(50);
  }, 600_000);
});

/** Routes whose breaker remembers what was before. */
async function notClosed(): Promise<number> {
  const of = (state: string): Promise<number | undefined> =>
    metric(`banyan_edge_breakers{target="trips",state="${state}"}`);
  return ((await of('open')) ?? 0) + ((await of('half-open')) ?? 0);
}

async function metric(name: string): Promise<number | undefined> {
  const headers = { authorization: `Bearer ${world.env['BANYAN_ADMIN_TOKEN']}` };
  const url = `http://127.0.0.1:${world.env['BANYAN_METRICS_PORT']}/metrics`;
  const line = (await (await fetch(url, { headers })).text()).split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length));
}
