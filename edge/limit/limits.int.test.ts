import { request as requestOf } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { as, canary, openWorld, owned, wentTo, type World } from '../testing/edge.fixture.ts';
import { talk } from '../testing/raw-http.fixture.ts';
import type { EdgeOptions } from '../options.ts';

const READ = {
  unit: 'trips',
  kind: 'api',
  method: 'GET',
  path: '/api/trips/{id}',
  access: 'read',
  entity: 'trip',
} as const;
const WRITE = { ...READ, method: 'POST', path: '/api/trips', access: 'write' } as const;

let world: World;
afterEach(() => world.close());

async function limited(options: Partial<EdgeOptions>): Promise<void> {
  world = await openWorld({ routes: [READ, WRITE], ...options, limits: { firstByteMs: 10_000, ...options.limits } });
}

describe('the size of a body', () => {
  const maxBodyBytes = 100_000;

  it('is refused where it is announced, before the target hears of it, hold or not', async () => {
    await limited({ routes: [{ ...WRITE, maxBodyBytes: 10 }] });
    await world.edge.hold('trips', { budgetMs: 100 });
    const answer = await talk(world.port, 'POST /api/trips HTTP/1.1\nHost: a\nContent-Length: 11\n\nhello world');
    expect(answer.text).toMatch(/^HTTP\/1\.1 413 [\s\S]*"code":"body-too-large"/);
    expect(world.legacy.seen).toHaveLength(0);
  });

  it('is refused where it turns out, and nobody but the client is to blame', async () => {
    await limited({ routes: [{ ...WRITE, maxBodyBytes }] });
    world.legacy.answer = () => undefined;
    const chunk = `8000\n${'x'.repeat(0x8000)}\n`;
    const head = 'POST /api/trips HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n';
    const { text } = await talk(world.port, head + chunk.repeat(5), { quietMs: 300 });
    expect(text).toMatch(/^HTTP\/1\.1 413 [\s\S]*"code":"body-too-large"/);
    const metrics = await world.registry.metrics();
    expect(metrics).toContain('banyan_edge_rejected_total{code="body-too-large"} 1');
    expect(metrics).not.toMatch(/target_failures_total\{.*too-large/);
  });

  it('has a limit for all routes, which a route may raise', async () => {
    await limited({ routes: [{ ...WRITE, maxBodyBytes: 100 }], limits: { maxBodyBytes: 10 } });
    const post = (path: string): Promise<Response> => fetch(world.url + path, { method: 'POST', body: 'x'.repeat(50) });
    expect([(await post('/api/trips')).status, (await post('/elsewhere')).status]).toEqual([200, 413]);
  });
});

describe('how often something may be asked for', () => {
  const perSubject = { per: 'subject', requests: 2, seconds: 60 } as const;

  it('is told with each answer, and refused with 429 when it is over', async () => {
    await limited({ rates: [perSubject] });
    const first = await world.get('/api/trips/1', as('7'));
    expect(first.headers.get('ratelimit-policy')).toBe('"subject";q=2;w=60');
    expect(first.headers.get('ratelimit')).toBe('"subject";r=1;t=60');
    expect(wentTo(first)).toBe('service exposed');
    await world.get('/elsewhere', as('7'));
    const refused = await world.get('/api/trips/1', as('7'));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(await refused.json()).toMatchObject({ code: 'too-many-requests' });
    expect([...world.legacy.seen, ...world.service.seen]).toHaveLength(2);
    expect((await world.get('/api/trips/1', as('8'))).status).toBe(200);
    expect(await world.registry.metrics()).toContain('banyan_edge_rejected_total{code="too-many-requests"} 1');
  });

  it('is counted for a route apart where its plan says so', async () => {
    await limited({ routes: [{ ...READ, rates: [{ per: 'route', requests: 1, seconds: 60 }] }] });
    expect((await world.get('/api/trips/1')).status).toBe(200);
    expect((await world.get('/api/trips/2')).status).toBe(429);
    expect((await world.get('/elsewhere')).headers.has('ratelimit')).toBe(false);
  });

  it('is counted by the address a trusted proxy names', async () => {
    const rates = [{ per: 'address', requests: 1, seconds: 60 }] as const;
    await limited({ rates, trustedProxies: ['127.0.0.0/8'] });
    const from = (address: string): Promise<Response> => world.get('/', { 'x-forwarded-for': address });
    expect([(await from('192.0.2.1')).status, (await from('192.0.2.2')).status]).toEqual([200, 200]);
    expect((await from('192.0.2.1')).status).toBe(429);
  });

  it('holds for a WebSocket as well', async () => {
    await limited({ rates: [{ per: 'address', requests: 1, seconds: 60 }] });
    await world.get('/');
    const status = await new Promise((resolve, reject) => {
      const upgrade = requestOf(`${world.url}/live`, { headers: { connection: 'Upgrade', upgrade: 'websocket' } });
      upgrade.on('response', (answer) => resolve(answer.resume().statusCode));
      upgrade.on('error', reject).end();
    });
    expect(status).toBe(429);
  });

  it('changes with the configuration, without a restart', async () => {
    await limited({});
    world.edge.reload({ rates: [perSubject] });
    expect((await world.get('/api/trips/1', as('7'))).headers.get('ratelimit')).toBe('"subject";r=1;t=60');
  });
});

describe('a preflight', () => {
  const preflight = (method: string): Promise<Response> => {
    const headers = {
      'access-control-request-method': method,
      origin: 'https://shop.example',
      'x-banyan-explain': '1',
    };
    return fetch(`${world.url}/api/trips`, { method: 'OPTIONS', headers });
  };

  it('follows the route of the method it announces', async () => {
    await limited({});
    world.state = owned();
    expect(wentTo(await preflight('POST'))).toBe('service owned');
    expect(wentTo(await preflight('PATCH'))).toBe('legacy no-unit');
    world.state = canary();
    expect(wentTo(await preflight('POST'))).toBe('legacy legacy-owns-writes');
  });

  it('is no write: it passes while writes are held', async () => {
    await limited({});
    await world.edge.hold('trips', { budgetMs: 100 });
    expect((await preflight('POST')).status).toBe(200);
  });

  it('and its answer get no CORS header from the edge', async () => {
    await limited({});
    world.legacy.answer = (_request, response) => void response.setHeader('Access-Control-Allow-Origin', '*').end();
    const headers = [...(await preflight('POST')).headers].filter(([name]) => name.startsWith('access-control'));
    expect(headers).toEqual([['access-control-allow-origin', '*']]);
  });
});
