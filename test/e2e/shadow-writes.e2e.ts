import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import type { DataSource } from 'typeorm';
import { createSyncApi, cutoverErrors, remoteJudge, type RouteEffects } from '../../cutover/index.ts';
import { createApp } from '../../extracted/trips/app.ts';
import { createDatabase } from '../../extracted/trips/database.ts';
import { createIdentityVerifier } from '../../extracted/trips/identity.ts';
import { createReadinessCheck } from '../../extracted/trips/readiness.ts';
import { listen, type RunningServer } from '../../extracted/trips/server.ts';
import { createTraffic } from '../../legacy/index.ts';
import { openDryRuns, type DryRuns } from '../../service/index.ts';
import { ApiClient, createMetrics, silentLog, systemClock, waitUntil } from '../../shared/index.ts';
import { DRY_RUN_USER, rehearseWrites } from '../defects/rehearsed-plan.ts';
import { RECEIPT, writeDefects } from '../defects/write-defects.ts';
import { startBanyan, who, type Banyan } from '../support/banyan.ts';
import { changedPlans } from '../support/plans.ts';
import { runProgram } from '../support/program.ts';
import { sessionOf } from '../support/session.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let banyan: Banyan;
let database: DataSource;
let dryRuns: DryRuns;
let service: RunningServer;
let defect = 'none';

beforeAll(async () => {
  world = await startWorld({ size: { users: 20, vehicles: 5, trips: 100 } });
  await world.serviceDb.sql(DRY_RUN_USER);
  service = await startDefective();
  const plans = changedPlans(rehearseWrites);
  banyan = await startBanyan(world, {}, { BANYAN_PLANS: plans, TRIPS_URL: service.url });
  await banyan.controller.moveStage('trips', { type: 'advance' }, who);
  const hasRun = async (): Promise<boolean> => (await banyan.controller.status())[0]?.measured.shadow !== undefined;
  await waitUntil(hasRun, { budgetMs: 20_000, everyMs: 50 });
}, 600_000);

afterAll(async () => {
  await banyan.stop();
  await service.stop();
  await dryRuns.close();
  await database.destroy();
  await world.stop();
});

/** The trips service, with a receipt that legacy's billing sends, and with defects. */
async function startDefective(): Promise<RunningServer> {
  database = await createDatabase(world.serviceDb.url('trips_app', 'example', 'trips')).initialize();
  const dryRunUrl = world.serviceDb.url('trips_dry_run', 'example', 'trips');
  dryRuns = await openDryRuns({ database, dryRunUrl, log: silentLog });
  const key = world.env['BANYAN_IDENTITY_KEY'] ?? '';
  const verifyIdentity = createIdentityVerifier({ key, clock: systemClock });
  const checkReadiness = createReadinessCheck({ database, maxLagMs: 5_000 });
  const trips = createApp({ database, verifyIdentity, checkReadiness, clock: systemClock, log: silentLog });
  const app = express().use(
    dryRuns.step,
    writeDefects(database, (name) => name === defect),
  );
  return listen(app.use(trips), { port: 0, host: '127.0.0.1' });
}

type Send = (
  method: string,
  path: string,
  body?: object,
) => Promise<{ readonly status: number; readonly body: { id: string } }>;

async function as(user: number): Promise<Send> {
  const headers = await sessionOf(banyan.edgeUrl, user);
  return async (method, path, body) => {
    const answer = await fetch(banyan.edgeUrl + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as { id: string } };
  };
}

const report = (): readonly RouteEffects[] =>
  (banyan.units.get('trips')?.effects?.report() ?? []).flatMap(({ routes }) => routes);
const ofRoute = (route: string): RouteEffects | undefined => report().find((one) => one.route === route);
const judged = (route: string): number => {
  const { equal = 0, different = 0, unsure = 0, overtaken = 0 } = ofRoute(route) ?? {};
  return equal + different + unsure + overtaken;
};

/** Sends a write and waits until its copy was judged. */
async function shown(route: string, write: () => ReturnType<Send>): ReturnType<Send> {
  const before = judged(route);
  const answer = await write();
  if (await waitUntil(() => judged(route) > before, { budgetMs: 10_000 })) return answer;
  const metrics = await (await fetch(`${world.env['BANYAN_EDGE_URLS']}/metrics`, auth())).text();
  throw new Error(
    `${route} was not judged: ${metrics
      .split('\n')
      .filter((line) => line.includes('shadow_writes'))
      .join(' ')}`,
  );
}

function auth(): { headers: Record<string, string> } {
  return { headers: { authorization: `Bearer ${world.env['BANYAN_ADMIN_TOKEN']}` } };
}

const START = 'POST /api/trips/{id}/start';
const COMPLETE = 'POST /api/trips/{id}/complete';

async function drive(send: Send): Promise<string> {
  const made = await shown('POST /api/trips', () => send('POST', '/api/trips', { pickup: 'Alexanderplatz 1' }));
  const { id } = made.body;
  await shown(START, () => send('POST', `/api/trips/${id}/start`));
  await shown(COMPLETE, () => send('POST', `/api/trips/${id}/complete`, { fare: '12.50' }));
  return id;
}

describe('writes that legacy takes, shown to the service', () => {
  let send: Send;
  beforeAll(async () => {
    send = await as(7);
  });

  it('would have the same effects in a service that is right, and have none', async () => {
    const [before] = await world.serviceDb.sql<{ n: string }>('SELECT COUNT(*) AS n FROM trips.trip');
    const id = await drive(send);
    const point = { lat: 52.5, lng: 13.4, speedKmh: 12.5, recordedAt: '2026-01-02T03:04:05.123456Z' };
    const tracked = 'POST /api/tracking/{tripId}';
    await shown(tracked, () => send('POST', `/api/tracking/${id}`, { points: [point, { ...point, lat: 1 }] }));
    await shown('PATCH /api/trips/{id}', () => send('PATCH', `/api/trips/${id}`, { note: 'x', extras: { seats: 2 } }));
    await shown('PATCH /api/trips/{id}', () => send('PATCH', `/api/trips/${id}`, { note: 'x' }));
    await shown('DELETE /api/trips/{id}', () => send('DELETE', `/api/trips/${id}`));
    expect(report().map(({ route, equal, findings }) => [route, equal, findings])).toEqual(
      [
        ['POST /api/trips', 1],
        [START, 1],
        [COMPLETE, 1],
        [tracked, 1],
        ['PATCH /api/trips/{id}', 2],
        ['DELETE /api/trips/{id}', 1],
      ].map(([route, equal]) => [route, equal, []]),
    );
    const [after] = await world.serviceDb.sql<{ n: string }>('SELECT COUNT(*) AS n FROM trips.trip');
    expect(Number(after?.n)).toBe(Number(before?.n) + 1); // The copy of legacy's own.
  }, 600_000);

  it('find nothing in a service that is right, with many users at once', async () => {
    const traffic = createTraffic({ baseUrl: banyan.edgeUrl, users: { from: 8, count: 12 }, requestsPerSecond: 60 });
    await traffic.start();
    const equal = (): number => report().reduce((sum, one) => sum + one.equal, 0);
    const before = equal();
    const isEnough = await waitUntil(() => equal() > before + 20, { budgetMs: 60_000, everyMs: 50 });
    await traffic.stop();
    await systemClock.sleep(500); // For the last copies.
    expect(
      report().flatMap(({ route, findings }) => findings.map(({ kind, path }) => `${route}: ${kind} ${path}`)),
    ).toEqual([]);
    expect(isEnough).toBe(true);
  }, 600_000);

  it.each<[string, string]>([
    ['a lost secondary write', 'missing-row trip_fare'],
    ['wrong rounding of a write', 'different-column trip_fare.amount_minor'],
    ['an additional row', 'additional-row trip_fare'],
    ['a lost notification', `lost-call POST ${RECEIPT}`],
    ['a duplicate notification', `duplicate-call POST ${RECEIPT}`],
  ])(
    'find %s, at its route and field',
    async (name, expected) => {
      const seen = new Map(ofRoute(COMPLETE)?.findings.map(({ kind, path, count }) => [`${kind} ${path}`, count]));
      defect = name;
      await drive(send);
      defect = 'none';
      const now = ofRoute(COMPLETE)?.findings ?? [];
      const fresh = now.filter(({ kind, path, count }) => count > (seen.get(`${kind} ${path}`) ?? 0));
      expect(fresh.map(({ kind, path }) => `${kind} ${path}`)).toEqual([expected]);
      expect(
        report()
          .filter(({ route }) => route !== COMPLETE)
          .flatMap(({ findings }) => findings),
      ).toEqual([]);
    },
    600_000,
  );

  it('find a refusal of what legacy took', async () => {
    const { body } = await shown('POST /api/trips', () => send('POST', '/api/trips', { pickup: 'A' }));
    defect = 'a refusal';
    await shown('DELETE /api/trips/{id}', () => send('DELETE', `/api/trips/${body.id}`));
    defect = 'none';
    const findings = ofRoute('DELETE /api/trips/{id}')?.findings.map(({ kind, path }) => `${kind} ${path}`);
    expect(findings).toEqual(['different-status status', 'missing-row trip']);
  });

  it('are judged the same for an edge in another process', async () => {
    const token = 'token';
    const api = createSyncApi({ units: banyan.units, token, registry: createMetrics() });
    const server = await listen(api, { port: 0, host: '127.0.0.1' });
    const unreachable = cutoverErrors.error.bind(undefined, 'CONTROL_SYNC_UNREACHABLE');
    const judge = remoteJudge(new ApiClient({ url: server.url, token, unreachable }));
    const prepared = await judge.prepare({ unit: 'trips', run: 'proof', route: START, id: '987654321', ageMs: 10 });
    expect(prepared).toEqual({ kind: 'found', ticket: expect.any(String), rewind: [] });
    const { ticket } = prepared as Extract<typeof prepared, { ticket: string }>;
    const effects = { rows: [], calls: [], unseen: ['UPDATE A'], refused: [] };
    const candidate = { status: 200, effects };
    const write = { unit: 'trips', route: START, ticket, control: { status: 200 }, candidate };
    expect(await judge.judge(write)).toBe('unsure');
    expect(await judge.judge(write)).toBe('not-found'); // A ticket is for one judgement.
    await server.stop();
  });

  const banyanSays = async (...args: string[]): Promise<string> => {
    const { exitCode, output } = await runProgram({ args: ['cli/banyan.mjs', ...args], env: world.env });
    expect([exitCode, exitCode === 0 ? '' : output]).toEqual([0, '']);
    return output;
  };

  it('are shown to an operator, who can stop them and let them go on', async () => {
    const { output, exitCode } = await runProgram({
      args: ['cli/banyan.mjs', 'shadow', 'report', 'trips'],
      env: world.env,
    });
    expect(output).toMatch(/POST \/api\/trips\/\{id\}\/complete +trip_fare\.amount_minor +different-column +1/);
    expect(output).toMatch(/POST \/api\/trips\/\{id\}\/complete +fail .*lost-call POST/);
    expect(exitCode).toBe(1); // A run with a write that fails has failed.
    const gate = (await banyan.controller.gates('trips')).find((one) => one.gate === 'shadow');
    expect(gate).toMatchObject({ verdict: 'fail', limit: expect.stringContaining('other effects < 1 %') });
    expect(gate?.value).toContain('POST /api/trips/{id}/complete: ');
    await banyanSays('kill', 'trips', '--shadow-writes', '--reason', 'a look at the locks');
    const before = judged('POST /api/trips');
    await send('POST', '/api/trips', { pickup: 'A' });
    await systemClock.sleep(300);
    expect(judged('POST /api/trips')).toBe(before);
    await banyanSays('kill', 'trips', '--shadow-writes', '--undo', '--reason', 'they were short');
    await shown('POST /api/trips', () => send('POST', '/api/trips', { pickup: 'A' }));
    expect(await banyanSays('journal', 'trips')).toContain('shadow-writes-resumed');
  }, 600_000);
});
