import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GateResult, Progress, RetirementMove, UnseenCallers } from '../../cutover/index.ts';
import { createTraffic, type Traffic } from '../../legacy/index.ts';
import { openConnection, waitUntil } from '../../shared/index.ts';
import { startDistributed, type Distributed } from '../support/distributed.ts';
import { createOperator } from '../support/operator.ts';
import { changedPlans, QUICK_SHADOW } from '../support/plans.ts';
import { sessionOf } from '../support/session.ts';
import { startWorld, type World } from '../support/world.ts';

const QUIET_S = 8;

let world: World;
let banyan: Distributed;
let traffic: Traffic;

beforeAll(async () => {
  world = await startWorld({ size: { users: 50, vehicles: 10, trips: 200 } });
  await world.legacyDb.sql(
    `GRANT PROCESS ON *.* TO 'banyan'@'%';
     CREATE USER 'fleet_cron'@'%' IDENTIFIED BY 'example'; GRANT ALL ON fleet.* TO 'fleet_cron'@'%'`,
  );
  const plans = changedPlans((plan) => {
    Object.assign(plan, {
      retirement: { quietDays: QUIET_S / 86_400, brownout: [{ status: 503, minutes: 0.2 }], callers: ['13'] },
    });
    Object.assign(plan['gates'] ?? {}, { shadow: QUICK_SHADOW });
  });
  banyan = await startDistributed(world, { BANYAN_PLANS: plans });
  traffic = createTraffic({ baseUrl: banyan.edgeUrl, users: { from: 11, count: 20 }, requestsPerSecond: 60 });
}, 600_000);

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

async function progress(): Promise<Progress> {
  return (await createOperator(world.env).run<{ progress: Progress }>('status')).progress;
}

async function eventually(what: () => Promise<boolean>): Promise<void> {
  expect(await waitUntil(() => what().catch(() => false), { budgetMs: 120_000, everyMs: 200 })).toBe(true);
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

  it('is a caller that is left for as long as the plan wants none, in the status of all', async () => {
    const left = async (): Promise<number> => {
      const told = await banyan.control.get<{ progress: Progress }>('/v1/units');
      return told.progress.total.callers.users.length;
    };
    await eventually(async () => {
      await cron();
      return (await left()) > 0;
    });
    await eventually(async () => (await left()) === 0);
    const { total, next } = await progress();
    expect([next, total.units]).toEqual(['trips', { left: 1, of: 1 }]);
    expect(total).toMatchObject({ writes: { left: 7, of: 7 }, tables: { left: 2, of: 2 }, flags: 2 });
  });

  it('is counted for Prometheus, by table', async () => {
    const counted = (await banyan.metrics('control')).get('banyan_unseen_writes_total{unit="trips",table="trips"}');
    expect(counted).toBeGreaterThanOrEqual(2);
  });
});

describe('a unit whose way back nobody needs any more', () => {
  const retire = (...flags: string[]) => createOperator(world.env).attempt('retire', 'trips', ...flags);
  const SURE = ['--reason', 'nobody has used legacy for it', '--yes-drop-the-way-back'];
  const stage = async (): Promise<string> => (await banyan.unit()).record.stage.name;

  async function gates(): Promise<readonly GateResult[]> {
    const asked = { who: 'test@here', dryRun: true };
    const { result } = await banyan.control.post<{ result: RetirementMove }>('/v1/units/trips/retire', asked);
    return result.gates;
  }

  async function tripsOfService(): Promise<number> {
    const [row] = await world.serviceDb.sql<{ n: number }>('SELECT COUNT(*) AS n FROM trip', 'trips');
    return Number(row?.n);
  }

  async function countOf(sql: string, database: 'legacyDb' | 'serviceDb'): Promise<number> {
    return (await world[database].sql(sql)).length;
  }

  it('stays while legacy was asked for it lately, and nothing changes', async () => {
    expect((await retire(...SURE)).output).toMatch(/STAGE_REFUSED.*a unit is retired from owned/s);
    traffic.resume();
    await banyan.walkTo('owned');
    await traffic.pause();
    const { exitCode, output } = await retire(...SURE);
    expect([exitCode, await stage()]).toEqual([1, 'owned']);
    expect(output).toMatch(/trips was not retired: .*brownout fail \(0 to the end/);
    const { units, total } = await progress();
    expect(total).toMatchObject({ writes: { left: 0, of: 7 }, tables: { left: 0, of: 2 }, flags: 2 });
    expect(units[0]?.next).toMatchObject({ to: 'retired' });
    expect(units[0]?.next?.waitsFor.map(({ gate }) => gate)).toContain('brownout');
    const shown = await retire('--dry-run');
    expect(shown.exitCode).toBe(0);
    expect(shown.json).toMatchObject({ outcome: 'would-retire', leftovers: expect.anything() });
  }, 600_000);

  it('is browned out for a time, and at once no more when somebody comes who must not be broken', async () => {
    const operator = createOperator(world.env);
    const summaryOf = async (user: number): Promise<number> => {
      const headers = await sessionOf(banyan.edgeUrl, user);
      return (await fetch(`${banyan.edgeUrl}/api/users/me/summary`, { headers })).status;
    };
    await Promise.all([12, 13].map((user) => sessionOf(banyan.edgeUrl, user)));
    // A step of twelve seconds may pass on a stalled machine before anybody looks: then it is begun again.
    const brown = async (): Promise<boolean> => {
      await operator.attempt('brownout', 'start', 'trips', '--reason', 'who still needs it?');
      return (await summaryOf(12)) === 503 && (await summaryOf(13)) === 200;
    };
    await eventually(brown);
    await eventually(async () => (await summaryOf(12)) === 200);
    const actions = async (): Promise<string[]> => {
      const { journal } = await banyan.control.get<{ journal: { action: string }[] }>('/v1/journal?unit=trips');
      return journal.map(({ action }) => action);
    };
    await eventually(async () => (await actions()).includes('brownout-restored'));
    await operator.run('brownout', 'start', 'trips', '--reason', 'to the end this time');
    await eventually(async () => (await actions()).includes('brownout-over'));
  }, 600_000);

  it('is not retired without the long word, however quiet it is', async () => {
    await eventually(async () => (await gates()).every(({ verdict }) => verdict === 'pass'));
    const { exitCode, output } = await retire('--reason', 'nobody uses it');
    expect([exitCode, await stage()]).toEqual([1, 'owned']);
    expect(output).toMatch(/RETIRE_UNCONFIRMED/);
  }, 600_000);

  it('is retired once, whatever is killed meanwhile, and keeps every row of the service', async () => {
    const rows = await tripsOfService();
    const command = retire(...SURE);
    const recorded = "SELECT 1 FROM banyan.unit WHERE JSON_VALUE(stage, '$.name') = 'retired'";
    await eventually(async () => (await countOf(recorded, 'serviceDb')) === 1);
    await Promise.all([banyan.kill('control'), banyan.kill('sync')]);
    await command;
    await Promise.all([banyan.start('control'), banyan.start('sync')]);
    await eventually(
      async () => (await countOf('SELECT 1 FROM banyan.retired_unit WHERE is_done = 1', 'serviceDb')) === 1,
    );
    const again = await retire(...SURE);
    expect(again.json).toMatchObject({ outcome: 'retired' });
    await banyan.kill('sync');
    await banyan.start('sync');
    expect(await tripsOfService()).toBe(rows);
  }, 600_000);

  it('leaves nothing between the two sides, and no way back', async () => {
    const triggers = "SELECT 1 FROM information_schema.TRIGGERS WHERE TRIGGER_NAME LIKE 'banyan%'";
    const positions = 'SELECT 1 FROM banyan.stream_position';
    for (const database of ['legacyDb', 'serviceDb'] as const)
      expect([await countOf(triggers, database), await countOf(positions, database)]).toEqual([0, 0]);
    await eventually(async () => (await banyan.unit()).measured.sync?.state === 'retired');
    const { record, measured } = await banyan.unit();
    expect([record.stage.name, record.handover, measured.reverse]).toEqual(['retired', undefined, undefined]);
    expect([...(await banyan.metrics('sync')).keys()].filter((name) => name.startsWith('banyan_stream_'))).toEqual([]);
    const left = await progress();
    expect([left.next, left.total]).toMatchObject([undefined, { units: { left: 0, of: 1 }, flags: 0 }]);
    expect(left.total.callers.users).toEqual([]);
    const back = await createOperator(world.env).attempt('rollback', 'trips', '--reason', 'too late');
    expect([back.exitCode, back.output]).toEqual([1, expect.stringMatching(/nothing to roll back at retired/)]);
    const fresh = await createOperator(world.env).attempt('resume', 'trips', '--reason', 'habit');
    expect([fresh.exitCode, fresh.output]).toEqual([1, expect.stringMatching(/UNIT_RETIRED/)]);
  });

  it('is served by its service, and by legacy only what never was its own', async () => {
    const headers = { ...(await sessionOf(banyan.edgeUrl, 12)), 'content-type': 'application/json' };
    const made = await fetch(`${banyan.edgeUrl}/api/trips`, { method: 'POST', headers, body: '{"pickup":"Here"}' });
    expect(made.status).toBe(201);
    const { id } = (await made.json()) as { id: string };
    expect(await countOf(`SELECT 1 FROM trips.trip WHERE id = ${Number(id)}`, 'serviceDb')).toBe(1);
    expect(await countOf(`SELECT 1 FROM fleet.trips WHERE id = ${Number(id)}`, 'legacyDb')).toBe(0);
    const summary = await fetch(`${banyan.edgeUrl}/api/users/me/summary`, { headers });
    expect(summary.status).toBe(200);
  });
});
