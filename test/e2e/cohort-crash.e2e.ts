import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Direction, HandoverMove, UnitRecord } from '../../cutover/index.ts';
import { createTraffic, type Traffic } from '../../legacy/index.ts';
import { messageOf, openConnection, waitUntil } from '../../shared/index.ts';
import { accountFor } from '../support/account.ts';
import { startBanyan, who, type Banyan } from '../support/banyan.ts';
import { startDistributed, type Distributed } from '../support/distributed.ts';
import { openTransaction } from '../support/open-transaction.ts';
import { makePairs, PairClient, staleOf, type Pair } from '../support/pairs.ts';
import { cohortPlans } from '../support/plans.ts';
import { runProgram } from '../support/program.ts';
import { startWorld, type World } from '../support/world.ts';

/** A busy machine may be late with anything. */
const PATIENCE_MS = 150_000;
let world: World;
const plans = { BANYAN_PLANS: cohortPlans() };
const keys = ['11', '12', '13'];

beforeAll(async () => {
  world = await startWorld({ size: { users: 100, vehicles: 20, trips: 1_000 }, ownNumbers: true });
  const banyan = await startBanyan(world, {}, plans);
  const traffic = createTraffic({ baseUrl: banyan.edgeUrl, users: { from: 11, count: 20 }, requestsPerSecond: 100 });
  await traffic.start();
  await banyan.walkTo('reads');
  await traffic.stop();
  await banyan.stop();
}, 600_000);

afterAll(() => world.stop());

async function dieAfter(step: string, direction: Direction): Promise<void> {
  const told = { KILL_AFTER: step, DIRECTION: direction, COHORT_KEYS: keys.join(','), LOG_LEVEL: 'error' };
  const env = { ...world.env, ...plans, ...told };
  const { exitCode, output } = await runProgram({ args: ['test/support/handover-main.ts'], env });
  if (exitCode !== -1) throw new Error(`ended with ${exitCode} instead of dying after ${step}: ${output}`);
}

async function withBanyan<T>(work: (banyan: Banyan) => Promise<T>): Promise<T> {
  const banyan = await startBanyan(world, {}, plans);
  try {
    return await work(banyan);
  } finally {
    await banyan.stop();
  }
}

/** What the next controller makes of it. */
async function settledCohorts(): Promise<unknown> {
  return withBanyan(async (banyan) => {
    const [status] = await banyan.controller.status();
    expect(status?.record).toMatchObject({ owner: 'legacy', stage: { name: 'reads' } });
    expect(status?.record.handover).toBeUndefined();
    return status?.record.cohorts;
  });
}

/** Which applications their own databases let write the rows of a user. */
async function writersOf(user: number): Promise<string[]> {
  const attempts = [
    ['legacy', world.legacyDb.url('fleet_app', 'example', 'fleet'), 'UPDATE trips SET note = note WHERE user_id = ?'],
    ['service', world.serviceDb.url('trips_app', 'example', 'trips'), 'UPDATE trip SET note = note WHERE rider_id = ?'],
  ] as const;
  const able: string[] = [];
  for (const [side, url, sql] of attempts) {
    const connection = await openConnection(url);
    const isWritten = await connection.query(sql, [user]).then(
      () => true,
      () => false,
    );
    if (isWritten) able.push(side);
    connection.destroy();
  }
  return able;
}

describe('a controller killed -9 in the handover of a cohort', () => {
  it.each(['hold', 'fence', 'position', 'catch-up', 'verify'])(
    'invariant 8: after %s, the next one cancels it and legacy writes their rows again',
    async (step) => {
      await dieAfter(step, 'cutover');
      expect(await settledCohorts()).toBeUndefined();
      expect([await writersOf(11), await writersOf(60)]).toEqual([['legacy'], ['legacy']]);
    },
    600_000,
  );

  it.each(['journal', 'grant'])(
    'invariant 2: after %s, the next one finishes it; of their return as well',
    async (step) => {
      await dieAfter(step, 'cutover');
      expect(await settledCohorts()).toEqual({ beta: keys });
      expect([await writersOf(11), await writersOf(60)]).toEqual([['service'], ['legacy']]);
      await dieAfter(step, 'rollback');
      expect(await settledCohorts()).toBeUndefined();
      expect([await writersOf(11), await writersOf(60)]).toEqual([['legacy'], ['legacy']]);
    },
    600_000,
  );

  it('invariant 8: before the journal row of a return, leaves the rows with the service', async () => {
    await dieAfter('grant', 'cutover');
    await settledCohorts();
    await dieAfter('fence', 'rollback');
    expect(await settledCohorts()).toEqual({ beta: keys });
    expect([await writersOf(11), await writersOf(60)]).toEqual([['service'], ['legacy']]);
    await dieAfter('grant', 'rollback');
    expect(await settledCohorts()).toBeUndefined();
  }, 600_000);

  it('leaves both sides equal after all of it', async () => {
    await withBanyan(async (banyan) => {
      const reverseRuns = (): boolean => banyan.units.get('trips')?.reverse.state().kind === 'streaming';
      expect(await waitUntil(reverseRuns, { budgetMs: 30_000 })).toBe(true);
      expect((await banyan.controller.verify('trips', 'forward', {})).findings).toEqual([]);
      expect((await banyan.controller.verify('trips', 'reverse', {})).findings).toEqual([]);
    });
  }, 600_000);
});

describe('the writes of a cohort, with control, sync and two edges as processes', () => {
  /** Five of those who use the first edge, five of the second, and one who uses both. */
  const members = ['11', '12', '13', '14', '15', '31', '32', '33', '34', '35', '51'];
  let banyan: Distributed;
  let traffics: Traffic[];
  let member: PairClient;
  let other: PairClient;
  let lastSeeded: number;

  beforeAll(async () => {
    banyan = await startDistributed(world, plans, { edges: 2 });
    [member, other] = [await open(51), await open(52)];
    const [row] = await world.legacyDb.sql<{ id: string }>('SELECT MAX(id) AS id FROM trips', 'fleet');
    lastSeeded = Number(row?.id);
    traffics = banyan.edgeUrls.map((baseUrl, i) =>
      createTraffic({ baseUrl, users: { from: 11 + 20 * i, count: 20 }, requestsPerSecond: 40, seed: i + 1 }),
    );
    await Promise.all(traffics.map((traffic) => traffic.start()));
    const streams = async (): Promise<boolean> => (await banyan.unit()).measured.sync?.ready === true;
    expect(await waitUntil(streams, { budgetMs: PATIENCE_MS, everyMs: 50 })).toBe(true);
  }, 600_000);

  afterAll(async () => {
    await Promise.all(traffics?.map((traffic) => traffic.stop()) ?? []);
    await banyan?.stop();
  });

  function open(user: number): Promise<PairClient> {
    return PairClient.open(banyan.edgeUrl, user, { hasJar: false });
  }

  function move(verb: 'move' | 'return'): Promise<HandoverMove> {
    return banyan.control.run(`/v1/units/trips/cohorts/beta/${verb}`, { ...who, members }, () => undefined);
  }

  /** A handover is cancelled when the machine stands still for longer than its steps may take; then it is tried again. */
  async function arrive(verb: 'move' | 'return'): Promise<void> {
    let last = '';
    const isThere = async (): Promise<boolean> => {
      last = await move(verb).then(JSON.stringify, messageOf);
      return last.startsWith('{"outcome":"done"');
    };
    if (!(await waitUntil(isThere, { budgetMs: PATIENCE_MS, everyMs: 200 }))) throw new Error(last);
  }

  /** At both edges, besides whatever else goes on. */
  async function someWrites(): Promise<void> {
    const goals = traffics.map((traffic) => traffic.report().acknowledgedWrites + 15);
    const areReached = (): boolean => traffics.every((one, i) => one.report().acknowledgedWrites >= (goals[i] ?? 0));
    expect(await waitUntil(areReached, { budgetMs: PATIENCE_MS })).toBe(true);
  }

  /** Where each edge sends the writes of a member, and of somebody else. */
  async function targets(): Promise<string> {
    const asked = banyan.edgeUrls.flatMap((url) => [member, other].map((client) => writeAt(url, client)));
    return (await Promise.all(asked)).join(' ');
  }

  async function writeAt(url: string, client: PairClient): Promise<string> {
    const answer = await client.send(url, 'POST', '/api/trips', { pickup: 'Here' });
    await answer.text();
    return `${answer.status}:${answer.headers.get('x-banyan-target')}`;
  }

  async function eventually(what: () => Promise<unknown>, expected: unknown): Promise<void> {
    let last: unknown;
    const isSo = async (): Promise<boolean> => (last = await what().catch(messageOf)) === expected;
    await waitUntil(isSo, { budgetMs: PATIENCE_MS, everyMs: 50 });
    expect(last).toBe(expected);
  }

  /** The service numbers its rows even. */
  async function madeByService(): Promise<{ ofMembers: boolean; ofOthers: boolean }> {
    const made = await world.legacyDb.sql<{ user: number }>(
      `SELECT DISTINCT user_id AS user FROM trips WHERE id % 2 = 0 AND id > ${lastSeeded}`,
      'fleet',
    );
    const users = made.map(({ user }) => String(user));
    const ofOthers = users.some((user) => !members.includes(user));
    return { ofMembers: users.length > 0 && !ofOthers, ofOthers };
  }

  const record = async (): Promise<UnitRecord> => (await banyan.unit()).record;

  const MOVED = '201:service 201:legacy 201:service 201:legacy';
  const HOME = '201:legacy 201:legacy 201:legacy 201:legacy';

  it('invariants 1 and 3: go to the service at both edges and back while they are made; others stay with legacy', async () => {
    const pairs: Pair[] = [];
    for (const verb of ['move', 'return', 'move', 'return'] as const) {
      await someWrites();
      const [made] = await Promise.all([makePairs([member, other], banyan.edgeUrls, 20), arrive(verb)]);
      pairs.push(...made);
      await eventually(targets, verb === 'move' ? MOVED : HOME);
      pairs.push(...(await makePairs([member, other], banyan.edgeUrls, 20)));
    }
    expect(staleOf(pairs)).toEqual([]);
    for (const { failures, stale } of traffics.map((traffic) => traffic.report())) {
      expect(stale).toEqual([]);
      expect(failures.filter(({ status }) => status !== 503)).toEqual([]);
    }
  }, 600_000);

  it('invariant 2: stay with legacy when control is killed -9 while an open transaction of theirs is waited for', async () => {
    const blocker = await openTransaction(world, 'user_id = 11');
    let hasEnded = false;
    const moving = move('move').then(
      () => (hasEnded = true),
      () => (hasEnded = true),
    );
    const isUnderWay = async (): Promise<boolean> => hasEnded || (await record()).handover?.progress === 'begun';
    await waitUntil(isUnderWay, { budgetMs: PATIENCE_MS, everyMs: 20 });
    await banyan.kill('control');
    await moving;
    await blocker.release();
    await banyan.start('control');
    await eventually(async () => (await record()).handover, undefined);
    expect((await record()).cohorts).toBeUndefined();
    await eventually(targets, HOME);
  }, 600_000);

  it('invariant 2: are at both edges where the record says, after a move with one of them stopped in its tracks', async () => {
    banyan.freeze('edge-2', true);
    await move('move').catch(() => undefined);
    banyan.freeze('edge-2', false);
    await eventually(async () => (await record()).handover, undefined);
    await eventually(targets, (await record()).cohorts ? MOVED : HOME);
  }, 600_000);

  it('go on to their owners with sync and control killed -9, through a new edge too: it kept who owns what', async () => {
    if (!(await record()).cohorts) await arrive('move');
    await banyan.kill('sync');
    await banyan.kill('control');
    await banyan.kill('edge-2');
    await banyan.start('edge-2');
    await eventually(targets, MOVED);
    await someWrites();
    await Promise.all([banyan.start('sync'), banyan.start('control')]);
    await eventually(targets, MOVED);
  }, 600_000);

  it('invariant 3: are there once in the end, and both sides are equal', async () => {
    await arrive('return');
    await Promise.all(traffics.map((traffic) => traffic.pause()));
    for (const direction of ['forward', 'reverse'])
      expect(await banyan.control.run('/v1/units/trips/verify', { direction }, () => undefined)).toMatchObject({
        wrong: 0,
      });
    for (const traffic of traffics)
      for (const side of ['legacy', 'service'] as const)
        expect((await accountFor(traffic, world, side)).findings).toEqual([]);
    expect(await madeByService()).toEqual({ ofMembers: true, ofOthers: false });
  }, 600_000);
});
