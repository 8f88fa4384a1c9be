import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GateResult, JournalEntry, LeaderStanding, UnitRecord } from '../../cutover/index.ts';
import { createTraffic, type Traffic } from '../../legacy/index.ts';
import { messageOf, openConnection, waitUntil } from '../../shared/index.ts';
import { freePort } from '../../stack/index.ts';
import { accountFor } from '../support/account.ts';
import { startDistributed, type Distributed } from '../support/distributed.ts';
import { createOperator, type Operator } from '../support/operator.ts';
import { quickPlans } from '../support/plans.ts';
import { startProgram, type Program } from '../support/program.ts';
import { sessionOf } from '../support/session.ts';
import { startWorld, type World } from '../support/world.ts';

/** One of the two control processes. */
interface Control {
  readonly url: string;
  readonly port: number;
  program: Program;
}

/** A busy machine may be late with anything. */
const PATIENCE_MS = 150_000;
const TEST_MS = 600_000;
let world: World;
let banyan: Distributed;
let traffic: Traffic;
let controls: readonly Control[] = [];
const folder = mkdtempSync(join(tmpdir(), 'banyan-leader-'));
const plans = quickPlans();

beforeAll(async () => {
  world = await startWorld({ size: { users: 100, vehicles: 20, trips: 500 } });
  const ports = await Promise.all([freePort(), freePort()]);
  const env = { BANYAN_PLANS: plans, BANYAN_CONTROL_URL: ports.map(urlAt).join(',') };
  controls = await Promise.all(ports.map(async (port) => ({ url: urlAt(port), port, program: await start(port) })));
  banyan = await startDistributed(world, env, { edges: 2, control: false });
  traffic = createTraffic({ baseUrl: banyan.edgeUrl, users: { from: 11, count: 20 }, requestsPerSecond: 40 });
  await traffic.start();
  await banyan.walkTo('reads');
}, 600_000);

afterAll(async () => {
  await traffic?.stop();
  await banyan?.stop();
  await Promise.all(controls.map(({ program }) => program.stop()));
  await world?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function urlAt(port: number): string {
  return `http://127.0.0.1:${port}`;
}

function start(port: number): Promise<Program> {
  const env = { ...world.env, BANYAN_PLANS: plans, BANYAN_CONTROL_PORT: String(port), FATE: fateOf(port) };
  return startProgram({ args: ['test/support/leader-main.ts'], env, readyWhen: /"control":(\d+)/, budgetMs: 120_000 });
}

function fateOf(port: number): string {
  return join(folder, `${port}.json`);
}

async function standingOf({ url }: Pick<Control, 'url'>): Promise<LeaderStanding> {
  return (await (await fetch(`${url}/readyz`)).json()) as LeaderStanding;
}

async function eventually<T>(what: () => Promise<T>, expected: T): Promise<void> {
  let last: T | string | undefined;
  await waitUntil(async () => (last = await what().catch(messageOf)) === expected, {
    budgetMs: PATIENCE_MS,
    everyMs: 50,
  });
  expect(last).toBe(expected);
}

async function whoLeads(): Promise<{ leader: Control; standby: Control }> {
  const leading: Control[] = [];
  const found = async (): Promise<boolean> => {
    leading.length = 0;
    for (const control of controls)
      if ((await standingOf(control).catch(() => undefined))?.leads) leading.push(control);
    return leading.length === 1;
  };
  expect(await waitUntil(found, { budgetMs: PATIENCE_MS, everyMs: 50 })).toBe(true);
  const [leader] = leading;
  const standby = controls.find((control) => control !== leader);
  if (!leader || !standby) throw new Error('nobody leads');
  return { leader, standby };
}

/** All gates of the next handover pass, with a verification of now. */
async function ready(): Promise<void> {
  await eventually(async () => (await banyan.verify()).wrong, 0);
  await eventually(async () => {
    const { gates } = await banyan.control.get<{ gates: GateResult[] }>('/v1/units/trips/gates');
    return gates.flatMap(({ gate, verdict, value }) => (verdict === 'pass' ? [] : [`${gate}: ${value}`])).join('; ');
  }, '');
}

const record = async (): Promise<UnitRecord> => (await banyan.unit()).record;

const journal = async (): Promise<readonly JournalEntry[]> =>
  (await banyan.control.get<{ journal: JournalEntry[] }>('/v1/journal?unit=trips&limit=200')).journal;

/** Which of the two applications its own database lets write. */
async function writers(): Promise<string[]> {
  const { legacyDb, serviceDb } = world;
  const attempts = [
    ['legacy', legacyDb.url('fleet_app', 'example', 'fleet'), 'UPDATE trips SET note = note ORDER BY id LIMIT 1'],
    ['service', serviceDb.url('trips_app', 'example', 'trips'), 'UPDATE trip SET note = note ORDER BY id LIMIT 1'],
  ] as const;
  const able = await Promise.all(attempts.map(async ([side, url, sql]) => ((await canWrite(url, sql)) ? [side] : [])));
  return able.flat();
}

async function canWrite(url: string, sql: string): Promise<boolean> {
  const connection = await openConnection(url);
  try {
    await connection.query(sql);
    return true;
  } catch {
    return false;
  } finally {
    await connection.end();
  }
}

/** The leader begins a handover and gets the signal after a step of it; the other one is to settle it and to lead. */
async function meetsItsFate(direction: string, step: string, signal: string): Promise<{ leader: Control }> {
  await ready();
  const { leader, standby } = await whoLeads();
  const { leader: before } = await standingOf(leader);
  writeFileSync(fateOf(leader.port), JSON.stringify({ direction, step, signal }));
  process.kill(leader.program.pid, 'SIGUSR2');
  await eventually(async () => (await standingOf(standby)).leads, true);
  expect((await standingOf(standby)).leader?.term).toBe((before?.term ?? 0) + 1);
  await eventually(async () => (await record()).handover?.progress ?? 'settled', 'settled');
  return { leader };
}

async function acknowledged(count: number): Promise<void> {
  const goal = traffic.report().acknowledgedWrites + count;
  const isReached = (): boolean => traffic.report().acknowledgedWrites >= goal;
  expect(await waitUntil(isReached, { budgetMs: PATIENCE_MS, everyMs: 20 })).toBe(true);
}

describe('two control processes on one control database', () => {
  it(
    'agree on who leads; the standby refuses what only the leader does, and names it',
    async () => {
      const { leader, standby } = await whoLeads();
      const { leader: named } = await standingOf(standby);
      expect(named?.address).toBe(`127.0.0.1:${leader.port}`);
      const headers = { authorization: `Bearer ${world.env['BANYAN_ADMIN_TOKEN']}` };
      const refused = await fetch(`${standby.url}/v1/units`, { headers });
      expect(refused.status).toBe(421);
      expect(await refused.json()).toMatchObject({ error: { code: 'LEADER_ELSEWHERE', retriable: true } });
      const told = await banyan.control.get<{ leader: unknown }>('/v1/units');
      expect(told.leader).toEqual(named);
      const metrics = await (await fetch(`${leader.url}/metrics`, { headers })).text();
      expect(metrics).toMatch(/^banyan_control_leads 1$/m);
      const others = await (await fetch(`${standby.url}/metrics`, { headers })).text();
      expect(others).toMatch(/^banyan_control_leads 0$/m);
      expect(others).toContain(`address="127.0.0.1:${leader.port}"} ${named?.term}`);
    },
    TEST_MS,
  );

  it.each([
    ['cutover', 'fence', 'legacy'],
    ['cutover', 'journal', 'service'],
    ['rollback', 'grant', 'legacy'],
  ])(
    'invariant 2: when the leader of a %s is killed -9 after %s, the standby settles it: %s owns',
    async (direction, step, owner) => {
      const { leader } = await meetsItsFate(direction, step, 'SIGKILL');
      expect((await record()).owner).toBe(owner);
      expect(await writers()).toEqual([owner]);
      await acknowledged(5);
      leader.program = await start(leader.port);
      expect((await standingOf(leader)).leads).toBe(false);
    },
    TEST_MS,
  );

  it(
    'invariant 8: a leader that was stopped for longer than its lease changes nothing when it goes on',
    async () => {
      const { leader } = await meetsItsFate('cutover', 'verify', 'SIGSTOP');
      expect((await record()).owner).toBe('legacy');
      await acknowledged(5);
      const [lines, before] = [await journal(), await record()];
      process.kill(leader.program.pid, 'SIGCONT');
      await eventually(async () => /"outcome"/.test(leader.program.stdout()), true);
      expect(leader.program.stdout()).not.toMatch(/"outcome":"(done|cancelled)"/);
      await eventually(async () => (await standingOf(leader)).leads, false);
      expect(await journal()).toEqual(lines);
      expect(await record()).toEqual(before);
      expect(await writers()).toEqual(['legacy']);
    },
    TEST_MS,
  );

  it(
    'invariant 3: lose nothing and double nothing in all of it, and leave both sides equal',
    async () => {
      await acknowledged(10);
      await traffic.pause();
      await eventually(async () => (await banyan.verify()).wrong, 0);
      expect((await accountFor(traffic, world, 'legacy')).findings).toEqual([]);
      const { failures, stale } = traffic.report();
      expect(stale).toEqual([]);
      // Held for longer than an edge lets anybody wait, while nobody led.
      expect(failures.filter(({ status }) => status !== 503)).toEqual([]);
    },
    TEST_MS,
  );
});

describe('two of one command on one control database', () => {
  function begin(command: 'control' | 'up', own: Readonly<Record<string, string>>): Promise<Program> {
    return startProgram({
      args: ['cli/banyan.mjs', '--json', command],
      env: { ...world.env, BANYAN_PLANS: plans, ...own },
      readyWhen: /"control":"([^"]+)"/,
      budgetMs: TEST_MS,
    });
  }

  function operatorOf(...ports: readonly number[]): Operator {
    return createOperator({ ...world.env, BANYAN_PLANS: plans, BANYAN_CONTROL_URL: ports.map(urlAt).join(',') });
  }

  /** As `banyan status` says it. */
  async function ledBy(operator: Operator): Promise<string | undefined> {
    return (await operator.run<{ leader?: { address: string } }>('status')).leader?.address;
  }

  /** Whether it leads, whom it waits for, and whether its edge answers. */
  async function waiting(controlPort: number, port: number): Promise<string> {
    const { leads, leader } = await standingOf({ url: urlAt(controlPort) });
    const doors = await fetch(urlAt(port)).then(
      () => 'open',
      () => 'closed',
    );
    return `${leads}, after ${leader?.address}; ${doors}`;
  }

  async function readThrough(edgeUrl: string): Promise<number> {
    return (await fetch(`${edgeUrl}/api/trips`, { headers: await sessionOf(edgeUrl, 90) })).status;
  }

  it(
    'banyan control stands by, and takes over when the first is killed -9',
    async () => {
      await traffic.pause();
      await Promise.all(controls.map(({ program }) => program.stop()));
      for (const control of controls)
        control.program = await begin('control', { BANYAN_CONTROL_PORT: String(control.port) });
      const { leader, standby } = await whoLeads();
      const operator = operatorOf(...controls.map(({ port }) => port));
      await leader.program.kill();
      await eventually(() => ledBy(operator), `127.0.0.1:${standby.port}`);
      await eventually(async () => (await operator.attempt('verify', 'trips')).exitCode, 0);
    },
    TEST_MS,
  );

  it(
    'banyan up waits with its doors closed, and takes over when the first is killed -9',
    async () => {
      await Promise.all([banyan.stop(), ...controls.map(({ program }) => program.stop())]);
      const [port, metricsPort, controlPort] = await Promise.all([freePort(), freePort(), freePort()]);
      const ports = { PORT: port, BANYAN_METRICS_PORT: metricsPort, BANYAN_CONTROL_PORT: controlPort };
      const first = await begin('up', {});
      const second = begin('up', Object.fromEntries(Object.entries(ports).map(([name, own]) => [name, String(own)])));
      try {
        const leading = world.env['BANYAN_CONTROL_PORT'];
        await eventually(() => waiting(controlPort, port), `false, after 127.0.0.1:${leading}; closed`);
        await first.kill();
        await second;
        expect(await ledBy(operatorOf(Number(leading), controlPort))).toBe(`127.0.0.1:${controlPort}`);
        await eventually(() => readThrough(urlAt(port)), 200);
      } finally {
        await first.kill();
        await (await second).stop();
      }
    },
    TEST_MS,
  );
});
