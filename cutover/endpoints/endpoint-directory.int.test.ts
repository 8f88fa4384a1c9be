import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import express from 'express';
import { HostAllowList, Registrant } from '../../edge/index.ts';
import { silentLog, waitUntil, type Pool } from '../../shared/index.ts';
import { useMariaDb } from '../../test/support/index.ts';
import { installControlSchema } from '../control/control-schema.ts';
import { createEndpointApi } from './endpoint-api.ts';
import { EndpointDirectory } from './endpoint-directory.ts';
import { EndpointRegistry } from './endpoint-registry.ts';

const database = useMariaDb();
let pool: Pool;
let directory: EndpointDirectory;
let server: Server;
let controlUrl: string;
let registrants: Registrant[] = [];

beforeAll(async () => {
  ({ pool } = await database.createDatabase());
  await installControlSchema(pool);
});

beforeEach(async () => {
  await pool.query('DELETE FROM banyan.endpoint');
  directory = new EndpointDirectory(new EndpointRegistry(pool), silentLog);
  await directory.start();
  const allowed = new HostAllowList();
  const api = createEndpointApi({
    directory,
    token: 'registrar',
    targets: () => new Set(['trips']),
    problemOf: (url) => allowed.problemOf(url),
  });
  server = express().use('/v1/targets', api).listen(0, '127.0.0.1');
  await once(server, 'listening');
  controlUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await Promise.all(registrants.map((one) => one.stop()));
  registrants = [];
  directory.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('the directory of endpoints', () => {
  it('knows who registered at once, and forgets who leaves', async () => {
    let changes = 0;
    directory.onChange(() => changes++);
    const [a, b] = [registrant('http://10.0.0.4:8081'), registrant('http://10.0.0.5:8081', 3)];
    await Promise.all([a.start(), b.start()]);
    expect(directory.value()).toEqual({
      trips: [
        { url: 'http://10.0.0.4:8081', weight: 1 },
        { url: 'http://10.0.0.5:8081', weight: 3 },
      ],
    });
    await a.stop();
    expect(directory.addresses('trips').map(({ url }) => url)).toEqual(['http://10.0.0.5:8081']);
    await b.stop();
    expect([directory.addresses('trips'), changes > 2]).toEqual([[], true]);
  });

  it('keeps an endpoint beyond its first lease while it goes on saying so', async () => {
    const a = registrant('http://10.0.0.4', 1, 1000);
    await a.start();
    const until = Date.now() + 1600;
    expect(await waitUntil(() => directory.addresses('trips').length === 0, { budgetMs: until - Date.now() })).toBe(
      false,
    );
    await a.stop();
  });

  it('forgets an endpoint that fell silent when its lease ends', async () => {
    expect((await put('trips', { url: 'http://10.0.0.4', leaseMs: 1000 })).status).toBe(200);
    expect(directory.addresses('trips')).toHaveLength(1);
    expect(await waitUntil(() => directory.addresses('trips').length === 0, { budgetMs: 20_000 })).toBe(true);
  });

  it('learns what was registered elsewhere', async () => {
    await new EndpointRegistry(pool).renew({ target: 'trips', url: 'http://10.0.0.9', weight: 1 }, 5000);
    expect(await waitUntil(() => directory.addresses('trips').length === 1, { budgetMs: 20_000 })).toBe(true);
  });

  it.each<[string, string, object, string]>([
    [
      'of another unit',
      'routes',
      { url: 'http://10.0.0.4' },
      'the endpoints of "routes" do not come from registration',
    ],
    [
      'at a forbidden host',
      'trips',
      { url: 'http://169.254.169.254' },
      'is at 169.254.169.254, where no target may be',
    ],
    ['without an address', 'trips', {}, 'url'],
    ['for a moment', 'trips', { url: 'http://10.0.0.4', leaseMs: 1 }, 'leaseMs'],
  ])('refuses an endpoint %s', async (_, target, body, problem) => {
    const { status, error } = await put(target, body);
    expect([400, 409]).toContain(status);
    expect(error).toContain(problem);
    expect(directory.value()).toEqual({});
  });

  it('lets nobody register without the token', async () => {
    expect(await put('trips', { url: 'http://10.0.0.4' }, 'guess')).toMatchObject({ status: 401 });
    const problems: (string | undefined)[] = [];
    const a = new Registrant({
      controlUrl,
      token: 'x',
      target: 'trips',
      url: 'http://a',
      onStanding: (p) => problems.push(p),
    });
    await a.start();
    await a.stop();
    expect(problems).toEqual(['the bearer token is missing or wrong']);
  });
});

function registrant(url: string, weight = 1, leaseMs = 5000): Registrant {
  const one = new Registrant({ controlUrl, token: 'registrar', target: 'trips', url, weight, leaseMs });
  registrants.push(one);
  return one;
}

async function put(target: string, body: object, token = 'registrar'): Promise<{ status: number; error: string }> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${controlUrl}/v1/targets/${target}`, {
    method: 'PUT',
    headers,
    body: JSON.stringify(body),
  });
  const { error } = (await answer.json()) as { error?: { message: string } };
  return { status: answer.status, error: error?.message ?? '' };
}
