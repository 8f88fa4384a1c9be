import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTraffic } from '../../legacy/index.ts';
import { systemClock, waitUntil } from '../../shared/index.ts';
import { startBanyan, type Banyan } from '../support/banyan.ts';
import { changedPlans } from '../support/plans.ts';
import { sessionOf } from '../support/session.ts';
import { startWorld, type World } from '../support/world.ts';

const lag = { ms: 0 };
let world: World;
let banyan: Banyan;

beforeAll(async () => {
  world = await startWorld({ size: { users: 100, vehicles: 20, trips: 1_000 } });
  const delayed = { at: (point: string) => (point === 'apply:begin' ? systemClock.sleep(lag.ms) : undefined) };
  // With the plan's own limit everybody would be sent to legacy as soon as the copy is late; here markers alone decide.
  const plans = changedPlans((plan) => Object.assign(plan['gates'] ?? {}, { lag: { maxMs: 60_000 } }));
  banyan = await startBanyan(world, delayed, { BANYAN_PLANS: plans });
  const traffic = createTraffic({ baseUrl: banyan.edgeUrl, users: { from: 51, count: 20 }, requestsPerSecond: 80 });
  await traffic.start();
  await banyan.walkTo('reads');
  await traffic.stop();
  lag.ms = 2_000;
}, 600_000);

afterAll(async () => {
  lag.ms = 0;
  await banyan.stop();
  await world.stop();
});

interface Pair {
  readonly written: string;
  readonly read: string;
  readonly target: string | null;
}

async function writeThenRead(user: number, round: number): Promise<Pair> {
  const headers = { ...(await sessionOf(banyan.edgeUrl, user)), 'x-banyan-explain': '1' };
  const note = `round ${round} of ${user}`;
  const trip = await firstTrip(user, headers);
  const answer = await fetch(`${banyan.edgeUrl}/api/trips/${trip}`, {
    method: 'PATCH',
    headers,
    body: JSON.stringify({ note }),
  });
  if (!answer.ok) throw new Error(`write answered ${answer.status}: ${await answer.text()}`);
  await answer.text();
  const read = await fetch(`${banyan.edgeUrl}/api/trips/${trip}`, { headers });
  const body = (await read.json()) as { note: string };
  return { written: note, read: body.note, target: read.headers.get('x-banyan-target') };
}

const trips = new Map<number, string>();

async function firstTrip(user: number, headers: Record<string, string>): Promise<string> {
  const known = trips.get(user);
  if (known) return known;
  const body = JSON.stringify({ pickup: 'Here' });
  const created = await fetch(`${banyan.edgeUrl}/api/trips`, { method: 'POST', headers, body });
  const { id } = (await created.json()) as { id: string };
  trips.set(user, id);
  return id;
}

async function pairs(users: readonly number[], rounds: number): Promise<Pair[]> {
  const perUser = users.map(async (user) => {
    const results: Pair[] = [];
    for (let round = 0; round < rounds; round++) results.push(await writeThenRead(user, round));
    return results;
  });
  return (await Promise.all(perUser)).flat();
}

const users = Array.from({ length: 20 }, (_, i) => 11 + i);

describe('reads after own writes, with the copy two seconds behind', () => {
  it('invariant 1: of 2,000 write-then-read pairs none is stale while legacy owns the rows', async () => {
    const results = await pairs(users, 100);
    expect(results).toHaveLength(2_000);
    expect(results.filter(({ written, read }) => written !== read)).toEqual([]);
    expect(results.some(({ target }) => target === 'legacy')).toBe(true);
  }, 600_000);

  it('invariant 1: a read comes back to the service once the copy has caught up', async () => {
    lag.ms = 0;
    const user = 11;
    await writeThenRead(user, 999);
    const headers = { ...(await sessionOf(banyan.edgeUrl, user)), 'x-banyan-explain': '1' };
    let read = '';
    const isBack = async (): Promise<boolean> => {
      const answer = await fetch(`${banyan.edgeUrl}/api/trips/${trips.get(user)}`, { headers });
      read = `${answer.headers.get('x-banyan-target')}: ${((await answer.json()) as { note: string }).note}`;
      return read.startsWith('service');
    };
    await waitUntil(isBack, { budgetMs: 20_000, everyMs: 50 });
    expect(read).toBe('service: round 999 of 11');
  }, 600_000);

  it('invariant 1: legacy routes that join the rows wait for the reverse stream after the cutover', async () => {
    await banyan.walkTo('owned');
    lag.ms = 500;
    for (let round = 0; round < 5; round++) {
      const { written } = await writeThenRead(12, round);
      const headers = await sessionOf(banyan.edgeUrl, 12);
      const summary = (await (await fetch(`${banyan.edgeUrl}/api/users/me/summary`, { headers })).json()) as {
        lastTripNote: string;
      };
      expect(summary.lastTripNote).toBe(written);
    }
  }, 600_000);
});
