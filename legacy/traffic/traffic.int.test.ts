import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startMariaDb, type MariaDb } from '../../stack/index.ts';
import { legacyOwnerSql, ownerRows } from './owner-rows.ts';
import { reconcile } from './reconcile.ts';
import { createTraffic, type Traffic } from './traffic.ts';

const SECONDS = 5;
let db: MariaDb;
let app: ChildProcess;
let baseUrl = '';

beforeAll(async () => {
  db = await startMariaDb();
  const env = { LEGACY_APP_DATABASE_URL: db.url('root', '', 'fleet'), LEGACY_SESSION_SECRET: 's', PORT: '0' };
  const [code] = await once(node(env, 'seed-main.ts', '--users', '60', '--vehicles', '20', '--trips', '1000'), 'exit');
  expect(code).toBe(0);
  app = node(env, 'main.ts');
  const [line] = (await once(app.stdout!, 'data')) as [Buffer];
  baseUrl = /^fleet listening on (http:\S+)\n$/.exec(line.toString())?.[1] ?? '';
});

afterAll(async () => {
  app?.kill('SIGKILL');
  await db?.stop();
});

function node(env: Record<string, string>, file: string, ...args: string[]): ChildProcess {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  return spawn(process.execPath, [path, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function drive(traffic: Traffic): Promise<void> {
  await traffic.start();
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  await traffic.pause();
}

describe('traffic against the plain monolith', () => {
  it('finds nothing failed, stale, lost or doubled, and tells when rows are taken away', async () => {
    const traffic = createTraffic({ baseUrl, users: { from: 1, count: 60 }, requestsPerSecond: 200, seed: 5 });
    await drive(traffic);
    const { failures, stale, ...report } = await traffic.stop();
    expect({ failures, stale }).toEqual({ failures: [], stale: [] });
    expect(report).toMatchObject({ failed: 0, staleReads: 0, unknownWrites: 0 });
    expect(report.requests).toBeGreaterThan(SECONDS * 50);
    expect(report.writes / report.requests).toBeGreaterThan(0.2);
    expect(report.acknowledgedWrites).toBe(report.writes);

    const tracked = traffic.tracked();
    const rows = await ownerRows((sql) => db.sql(sql, 'fleet'), legacyOwnerSql);
    expect(reconcile({ tracked, ...rows })).toMatchObject({ lostWrites: 0, doubledWrites: 0, findings: [] });
    const { trips, points } = traffic.acknowledged();
    expect(reconcile({ tracked, ...rows }).checked).toBe(trips.length + points.length);
    const without = rows.trips.filter((trip) => trip.clientRef !== trips[0]);
    expect(reconcile({ tracked, trips: without, points: rows.points }).lostWrites).toBe(1);
  });

  it('the monolith ends by SIGTERM with code 0, keep-alive connections or not', async () => {
    await (await fetch(`${baseUrl}/healthz`)).text();
    app.kill('SIGTERM');
    expect(await once(app, 'exit')).toEqual([0, null]);
  });
});
