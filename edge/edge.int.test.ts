import { request as requestOf } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { jwtVerify } from 'jose';
import { waitUntil } from '../shared/index.ts';
import { as, canary, openWorld, owned, wentTo, type World } from './testing/edge.fixture.ts';
import type { UnitState } from './decide/unit-state.ts';
import { signOverride } from './decide/override.ts';
import { numberPositions } from './testing/number-positions.fixture.ts';
import { openUpstream, talk } from './testing/raw-http.fixture.ts';

describe('the edge', () => {
  let world: World;
  beforeEach(async () => {
    world = await openWorld();
  });
  afterEach(() => world.close());

  it('sends an exposed user to the service, with a token only the edge can make', async () => {
    const answer = await world.get('/api/trips/7', { ...as('7'), 'x-banyan-identity': 'forged', 'x-user-id': '1' });
    expect(await answer.json()).toEqual({ by: 'service' });
    expect(wentTo(answer)).toBe('service exposed');
    expect(answer.headers.get('x-banyan-stage')).toBe('canary');
    expect(answer.headers.get('x-banyan-epoch')).toBe('3');
    const { headers } = world.service.seen[0] ?? {};
    const key = new TextEncoder().encode('identity-key');
    const { payload } = await jwtVerify(String(headers?.['x-banyan-identity']), key, { audience: 'trips' });
    expect(payload.sub).toBe('7');
    expect(headers?.['x-user-id']).toBeUndefined();
    expect(headers?.['x-banyan-explain']).toBeUndefined();
  });

  it.each<[string, string, (world: World) => Record<string, string>]>([
    ['nobody', 'legacy no-subject', () => ({})],
    ['a forged session', 'legacy no-subject', () => ({ cookie: 'fleet_session=7.s1.4102444800.AAAA' })],
    ['a killed unit', 'legacy killed', ({ flags }) => (flags.clear(), as('7'))],
    [
      'a user above the ceiling',
      'legacy above-ceiling',
      (w) => ((w.state = canary({ ceilings: { everyone: 0 } })), as('7')),
    ],
  ])('sends %s to legacy, without a token', async (_, expected, given) => {
    const answer = await world.get('/api/trips/7', given(world));
    expect(wentTo(answer)).toBe(expected);
    expect(world.legacy.seen[0]?.headers['x-banyan-identity']).toBeUndefined();
  });

  it('invariant 1: shows a user the service again only when it has applied their write', async () => {
    world.log.legacy = 2;
    expect(wentTo(await world.post('/api/trips', as('7')))).toBe('legacy legacy-owns-writes');
    expect(wentTo(await world.get('/api/trips/7', as('7')))).toBe('legacy own-write-pending');
    expect(wentTo(await world.get('/api/trips/8', as('8')))).toBe('service exposed');
    world.log.appliedFromLegacy = 2;
    expect(wentTo(await world.get('/api/trips/7', as('7')))).toBe('service exposed');
  });

  it('invariant 1: shows a user on legacy what another has just changed, until the service has it', async () => {
    world.log.legacy = 2;
    await world.post('/api/trips/9/cancel', as('7'));
    expect(wentTo(await world.get('/api/trips/9', as('8')))).toBe('legacy own-write-pending');
    expect(wentTo(await world.get('/api/trips/10', as('9')))).toBe('service exposed');
    // 8 has seen legacy as it is now, and nothing older from here on.
    expect(wentTo(await world.get('/api/trips/10', as('8')))).toBe('legacy own-write-pending');
    world.log.appliedFromLegacy = 2;
    expect(wentTo(await world.get('/api/trips/9', as('8')))).toBe('service exposed');
  });

  it('invariant 1: shows nobody an older copy than they have seen on legacy before the ceiling rose', async () => {
    world.state = canary({ ceilings: { everyone: 0 } });
    world.log.legacy = 5; // Written past the edge, and seen by 7 on legacy.
    expect(wentTo(await world.get('/api/trips/7', as('7')))).toBe('legacy above-ceiling');
    world.state = canary({ epoch: 4 });
    expect(wentTo(await world.get('/api/trips/7', as('7')))).toBe('legacy own-write-pending');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(wentTo(await world.get('/api/trips/7', as('7')))).toBe('legacy own-write-pending');
    world.log.appliedFromLegacy = 5;
    expect(wentTo(await world.get('/api/trips/7', as('7')))).toBe('service exposed');
  });

  it('invariant 1: lets a client nobody knows carry its write itself, and wait for it on legacy', async () => {
    world.state = owned();
    world.log.service = 2;
    const written = await world.post('/api/trips');
    const cookie = written.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    expect(cookie).toMatch(/^banyan_mark=trips~s~/);
    expect((await world.get('/api/users/me/summary', { cookie })).status).toBe(503);
    expect((await world.get('/api/users/me/summary')).status).toBe(200);
    expect((await world.get('/api/users/me/summary', { cookie: `${cookie}x` })).status).toBe(200);
    world.log.appliedFromService = 2;
    expect((await world.get('/api/users/me/summary', { cookie })).status).toBe(200);
    expect(await metrics(world)).toContain('banyan_edge_marker_cookies_refused_total 1');
  });

  it('invariant 1: pins a user whose write on a route outside the unit may have changed its rows', async () => {
    world.log.legacy = 2;
    await world.post('/api/feedback', as('7'));
    expect(wentTo(await world.get('/api/trips/7', as('7')))).toBe('legacy own-write-pending');
  });

  it('invariant 1: keeps a user on legacy while the outcome of their write is unknown', async () => {
    world.legacy.answer = (request) => void request.socket.destroy();
    expect((await world.post('/api/trips', as('7'))).status).toBe(502);
    world.legacy.answer = (_request, response) => void response.end('{}');
    world.log.legacy = 5;
    world.log.appliedFromLegacy = 4;
    expect(wentTo(await world.get('/api/trips/7', as('7')))).toBe('legacy own-write-pending');
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(wentTo(await world.get('/api/trips/7', as('7')))).toBe('legacy own-write-pending');
    world.log.appliedFromLegacy = 5;
    expect(wentTo(await world.get('/api/trips/7', as('7')))).toBe('service exposed');
  });

  it('invariant 1: lets a dependent on legacy wait for the reverse stream, and answers 503 rather than stale', async () => {
    world.state = owned();
    world.log.service = 2;
    expect(wentTo(await world.post('/api/trips', as('7')))).toBe('service owned');
    const tooLate = await world.get('/api/users/me/summary', as('7'));
    expect([tooLate.status, tooLate.headers.get('retry-after')]).toEqual([503, '1']);
    expect(world.legacy.seen).toHaveLength(0);
    setTimeout(() => (world.log.appliedFromService = 2), 50);
    expect(wentTo(await world.get('/api/users/me/summary', as('7')))).toBe('legacy dependent');
  });

  it.each(['trips', '*'])('is told to kill %s, acts on the next request, and tells who asks', async (unit) => {
    const { port } = await world.edge.listenAdmin(0);
    const tell = async (body: object, token = 'admin'): Promise<unknown> => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`http://127.0.0.1:${port}/v1/kill`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      return answer.status === 200 ? answer.json() : answer.status;
    };
    expect(await tell({ unit, killed: true }, 'guess')).toBe(401);
    expect(await tell({ unit: 'routes', killed: true })).toBe(409);
    expect(await tell({ unit })).toBe(400);
    expect(wentTo(await world.get('/api/trips/7', as('7')))).toBe('service exposed');
    expect(await tell({ unit, killed: true })).toEqual({ killed: [unit], kept: false });
    expect(wentTo(await world.get('/api/trips/7', as('7')))).toBe('legacy killed');
    expect(await metrics(world)).toContain('banyan_edge_killed{unit="trips"} 1');
    await tell({ unit, killed: false });
    // What they have seen on legacy meanwhile has to be at the copy first.
    expect(wentTo(await world.get('/api/trips/7', as('7')))).toBe('legacy own-write-pending');
    const isBack = async () => wentTo(await world.get('/api/trips/7', as('7'))) === 'service exposed';
    expect(await waitUntil(isBack, { budgetMs: 20_000 })).toBe(true);
  });

  it('sends a tester to the side an override names, and nobody who made one up', async () => {
    world.state = canary({ stage: 'shadow', ceilings: {} });
    const override = signOverride('edge-key', { unit: 'trips', side: 'service', untilMs: Date.now() + 60_000 });
    expect(wentTo(await world.get('/api/trips/7', { 'x-banyan-override': override }))).toBe('service override');
    expect(wentTo(await world.get('/api/trips/7', { cookie: `banyan_override=${override}` }))).toBe('service override');
    expect(wentTo(await world.get('/api/trips/7', { 'x-banyan-override': `${override}x` }))).toBe(
      'legacy stage-shadow',
    );
    expect(wentTo(await world.post('/api/trips', { 'x-banyan-override': override }))).toBe('legacy legacy-owns-writes');
    expect(world.service.seen[0]?.headers).not.toHaveProperty('x-banyan-override');
    expect(await metrics(world)).toContain('banyan_edge_override_ignored_total{reason="forged"} 1');
  });

  it('shows with each decision what it was concluded from', async () => {
    const answer = await world.get('/api/trips/7', as('7'));
    const shown = ['epoch', 'flags', 'bucket', 'reason'].map((name) => answer.headers.get(`x-banyan-${name}`));
    expect(shown).toEqual(['3', 'test', '9296', 'exposed']);
  });

  it('sends everything of an owned unit to the service, nobody and killed included', async () => {
    world.state = owned();
    world.flags.clear();
    expect(wentTo(await world.get('/api/trips/7'))).toBe('service owned-kill-ignored');
    expect(wentTo(await world.post('/api/trips', as('7')))).toBe('service owned-kill-ignored');
  });

  it('falls back to legacy for a read the service fails, and never for a write', async () => {
    world.service.answer = (request) => void request.socket.destroy();
    expect(wentTo(await world.get('/api/trips/7', as('7')))).toBe('legacy service-failed');
    world.state = owned();
    expect((await world.get('/api/trips/7', as('7'))).status).toBe(502);
    expect((await world.post('/api/trips', as('7'))).status).toBe(502);
    expect(world.legacy.seen).toHaveLength(1);
    expect(await metrics(world)).toContain('banyan_edge_target_failures_total{target="trips",failure="reset"} 3');
  });

  it('holds writes, sends them to the new owner at the release, and lets reads pass meanwhile', async () => {
    expect(await world.edge.hold('trips', { budgetMs: 100 })).toBe(true);
    const write = world.post('/api/trips', as('7'));
    expect((await world.get('/api/trips/7', as('8'))).status).toBe(200);
    expect(await waitUntil(() => world.edge.counts('trips').waits.hold === 1, { budgetMs: 20_000 })).toBe(true);
    expect(await metrics(world)).toContain('banyan_edge_waiting_requests{unit="trips",reason="hold"} 1');
    world.state = owned();
    world.edge.release('trips');
    expect(wentTo(await write)).toBe('service owned');
    expect(world.edge.counts('trips').waits).toEqual({ hold: 0, ownWrite: 0 });
    expect(await metrics(world)).toContain('banyan_edge_waits_total{unit="trips",reason="hold"} 1');
    expect(world.legacy.seen).toHaveLength(0);
  });

  it('answers a write held too long with 503 and does not forward it', async () => {
    await world.edge.hold('trips', { budgetMs: 100 });
    const answer = await world.post('/api/trips', as('7'));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await answer.json()).toMatchObject({ code: 'writes-held' });
    expect(world.legacy.seen).toHaveLength(0);
  });

  it('tells a hold that a write inside has not ended, and that it has', async () => {
    let finish: () => void = () => undefined;
    world.legacy.answer = (_request, response) => void (finish = () => response.end('{}'));
    const write = world.post('/api/trips', as('7'));
    await waitUntil(() => world.legacy.seen.length === 1, { budgetMs: 20_000 });
    expect(await world.edge.hold('trips', { budgetMs: 30 })).toBe(false);
    const ended = world.edge.hold('trips', { budgetMs: 20_000 });
    finish();
    expect(await ended).toBe(true);
    await write;
  });

  it('lets the target answer Expect, and runs every step all the same', async () => {
    const { cookie } = as('7');
    const expecting = `Cookie: ${cookie}\nX-User-Id: admin\nExpect: 100-continue\nContent-Length: 2\n\n{}`;
    const { text } = await talk(world.port, `POST /api/trips HTTP/1.1\nHost: fleet\n${expecting}`);
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    expect(world.legacy.seen[0]?.headers).not.toHaveProperty('x-user-id');
    expect(world.legacy.seen[0]?.headers).toHaveProperty('expect', '100-continue');
  });

  it.each<[string, string, number]>([
    ['two Host lines', 'GET / HTTP/1.1\nHost: a\nHost: b\n\n', 400],
    ['no Host', 'GET / HTTP/1.1\n\n', 400],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\nHost: a\n\n', 405],
    ['TRACE', 'TRACE / HTTP/1.1\nHost: a\n\n', 405],
    ['both lengths', 'POST / HTTP/1.1\nHost: a\nContent-Length: 3\nTransfer-Encoding: chunked\n\n0\n\n', 400],
    ['a path that climbs', 'GET /public/../api/trips/7 HTTP/1.1\nHost: a\n\n', 400],
    ['a slash in disguise that changes the route', 'GET /api%2Ftrips/7 HTTP/1.1\nHost: a\n\n', 400],
    ['20 KB of headers', `GET / HTTP/1.1\nHost: a\nX-Big: ${'x'.repeat(20_000)}\n\n`, 431],
    ['an unknown expectation', 'GET / HTTP/1.1\nHost: a\nExpect: coffee\n\n', 417],
  ])('refuses %s and forwards nothing', async (_, text, status) => {
    const answer = await talk(world.port, text);
    expect(answer.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect([...world.legacy.seen, ...world.service.seen]).toHaveLength(0);
  });

  it('does not echo the request in the problems it answers', async () => {
    world.legacy.answer = (request) => void request.socket.destroy();
    const answer = await world.post('/api/feedback?token=hush', as('7'));
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.text()).not.toContain('hush');
  });

  it('explains only when asked', async () => {
    const answer = await fetch(`${world.url}/api/trips/7`, { headers: as('7') });
    expect([...answer.headers.keys()].filter((name) => name.startsWith('x-banyan'))).toEqual([]);
  });

  it('counts by template and reason, on the admin port, for those who have the token', async () => {
    await world.get('/api/trips/4711', as('7'));
    const { port } = await world.edge.listenAdmin(0);
    const ask = (path: string, token = ''): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${token}` } });
    expect((await ask('/healthz')).status).toBe(200);
    expect((await ask('/readyz')).status).toBe(200);
    expect(await (await ask('/version')).json()).toMatchObject({ name: 'banyan', version: '0.1.0' });
    expect((await ask('/metrics')).status).toBe(401);
    expect((await ask('/metrics', 'guess')).status).toBe(401);
    const text = await (await ask('/metrics', 'admin')).text();
    const labels = 'unit="trips",method="GET",route="/api/trips/{id}",target="service",reason="exposed",status="2xx"';
    expect(text).toContain(`banyan_edge_requests_total{${labels}} 1`);
    const place = 'unit="trips",method="GET",route="/api/trips/{id}",target="service",stage="canary"';
    expect(text).toContain(`banyan_edge_request_duration_seconds_count{${place}} 1`);
    expect(text).toContain('banyan_edge_requests_in_flight 0');
    expect(text).toContain('banyan_edge_answer_bytes_total{target="service"} 16');
    expect(text).toContain('banyan_edge_pool_connections{target="trips",state="free"} 1');
    expect(text).not.toContain('4711');
  });

  it('ends a WebSocket handshake that the application never answers, and refuses one with a body', async () => {
    const silent = await openUpstream(() => undefined);
    const impatient = await openWorld({ legacy: silent.url, limits: { firstByteMs: 50 } });
    const head = 'GET /live HTTP/1.1\nHost: fleet\nConnection: Upgrade\nUpgrade: websocket\n';
    expect((await talk(impatient.port, `${head}\n`)).text).toMatch(/^HTTP\/1.1 504 target-timeout/);
    expect((await talk(impatient.port, `${head}Content-Length: 2\n\nhi`)).text).toMatch(/^HTTP\/1.1 400 malformed/);
    await impatient.close();
    await silent.close();
  });

  it('carries a WebSocket to where its route was decided', async () => {
    world.legacy.answer = (_request, response) => void response.writeHead(401).end();
    const status = await new Promise((resolve, reject) => {
      const headers = { connection: 'Upgrade', upgrade: 'websocket', 'x-user-id': 'admin' };
      const upgrade = requestOf(`${world.url}/live`, { headers });
      upgrade.on('response', (answer) => resolve(answer.resume().statusCode));
      upgrade.on('error', reject).end();
    });
    expect(status).toBe(401);
    expect(world.legacy.seen[0]?.headers).toMatchObject({ upgrade: 'websocket' });
    expect(world.legacy.seen[0]?.headers).not.toHaveProperty('x-user-id');
  });

  it('closes in bounded time with a keep-alive client and a request that never ends', async () => {
    world.legacy.answer = () => undefined;
    const hanging = talk(world.port, 'GET /slow HTTP/1.1\nHost: a\n\n', { quietMs: 60_000 });
    await waitUntil(() => world.legacy.seen.length === 1, { budgetMs: 20_000 });
    const started = Date.now();
    await world.edge.close();
    expect(Date.now() - started).toBeLessThan(20_000);
    await hanging;
  });
});

describe('the edge at its start', () => {
  it('answers 503 for a unit nobody has told about, and legacy’s own routes as ever', async () => {
    let state: UnitState | undefined;
    const world = await openWorld({ unitState: () => state });
    for (const ask of [
      world.get('/api/trips/7'),
      world.post('/api/trips', as('7')),
      world.get('/api/users/me/summary'),
    ])
      expect(await (await ask).json()).toMatchObject({ status: 503, code: 'unit-unknown' });
    expect([...world.legacy.seen, ...world.service.seen]).toHaveLength(0);
    expect(await (await world.get('/api/vehicles')).json()).toEqual({ by: 'legacy' });
    state = owned();
    expect(wentTo(await world.post('/api/trips', as('7')))).toBe('service owned');
    await world.close();
  });

  it('invariant 1: treats everybody as having just written from the moment the owner is known', async () => {
    let state: UnitState | undefined;
    const answers = { head: () => Promise.resolve({ at: 1 }), isLevel: () => true, isApplied: () => false };
    const watermarks = { positions: numberPositions, ...answers };
    const world = await openWorld({ unitState: () => state, watermarks });
    state = canary();
    expect(wentTo(await world.get('/api/trips/7', as('7')))).toBe('legacy own-write-pending');
    await world.close();
  });

  it('invariant 1: treats everybody as having just written, until that is applied', async () => {
    const world = await openWorld({
      watermarks: {
        positions: numberPositions,
        head: () => Promise.resolve({ at: 1 }),
        isLevel: () => true,
        isApplied: () => false,
      },
    });
    expect(wentTo(await world.get('/api/trips/7', as('7')))).toBe('legacy own-write-pending');
    await world.close();
  });
});

function metrics(world: World): Promise<string> {
  return world.registry.metrics();
}
