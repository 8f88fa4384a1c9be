import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { as, openWorld, ROUTES, wentTo, type World } from '../testing/edge.fixture.ts';
import { talk } from '../testing/raw-http.fixture.ts';
import { ManualClock } from '../testing/manual-clock.fixture.ts';
import { AUDIENCE, ISSUER, openIssuer } from '../testing/issuer.fixture.ts';
import type { Route } from '../match/route-table.ts';
import type { WayOptions } from './subject-options.ts';

let closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.toReversed()) await close();
  closing = [];
});

describe('the edge, told who calls by a token', () => {
  it('decides by its subject and tells the service, and nobody else', async () => {
    const issuer = await openIssuer();
    closing.push(() => issuer.close());
    const jwt: WayOptions = {
      way: 'jwt',
      issuer: ISSUER,
      audience: AUDIENCE,
      jwks: issuer.jwks,
      algorithms: ['ES256'],
    };
    const world = await open([jwt]);
    const authorization = `Bearer ${await issuer.sign({ sub: 'u-7' })}`;
    expect(wentTo(await world.get('/api/trips/7', { authorization }))).toBe('service exposed');
    expect(decodeJwt(String(world.service.seen[0]?.headers['x-banyan-identity'])).sub).toBe('u-7');
    expect(wentTo(await world.get('/api/trips/7', { authorization: `${authorization}x` }))).toBe('legacy no-subject');
    expect(world.legacy.seen[0]?.headers['x-banyan-identity']).toBeUndefined();
  });
});

describe('the edge, told who calls by the monolith', () => {
  it('sends who logged out to legacy with the next request', async () => {
    const sessions = new Set(['s1']);
    const monolith = await openMonolith((session, response) => {
      if (sessions.has(session)) response.end('{"id":7}');
      else response.writeHead(401).end();
    });
    const world = await open([introspected(monolith)]);
    expect(wentTo(await world.get('/api/trips/7', { cookie: 'sid=s1' }))).toBe('service exposed');
    world.legacy.answer = (_request, response) => {
      sessions.delete('s1');
      response.end('{}');
    };
    await world.post('/api/logout', { cookie: 'sid=s1' });
    world.log.legacy = 1;
    expect(wentTo(await world.get('/api/trips/7', { cookie: 'sid=s1' }))).toBe('legacy no-subject');
  });

  it('sends those to legacy whom it cannot tell in time, and lets nobody else wait', async () => {
    const monolith = await openMonolith((session, response) => {
      if (session === 'quick') response.end('{"id":7}');
    });
    const world = await open([introspected(monolith)]);
    const slow = world.get('/api/trips/7', { cookie: 'sid=slow' });
    expect(wentTo(await world.get('/api/trips/7', { cookie: 'sid=quick' }))).toBe('service exposed');
    expect(wentTo(await slow)).toBe('legacy no-subject');
    const elsewhere = await fetch(`${world.url}/elsewhere`, { headers: { cookie: 'sid=slow' } });
    expect(elsewhere.status).toBe(200);
    expect(await world.registry.metrics()).toContain('banyan_edge_identity_refused_total{way="any",reason="late"} 1');
  });

  it('invariant 1: counts everybody as the writer of what it could not tell in time whose it is', async () => {
    const monolith = await openMonolith((session, response) => {
      if (session === 'quick') response.end('{"id":7}');
    });
    const world = await open([introspected(monolith)]);
    world.log.legacy = 2;
    await world.post('/api/trips', { cookie: 'sid=slow' });
    expect(wentTo(await world.get('/api/trips/7', { cookie: 'sid=quick' }))).toBe('legacy own-write-pending');
    world.log.appliedFromLegacy = 2;
    expect(wentTo(await world.get('/api/trips/7', { cookie: 'sid=quick' }))).toBe('service exposed');
  });
});

describe('the edge, knowing visitors', () => {
  it('gives a page a cookie, sends the visitor where their bucket is, and the user where theirs is', async () => {
    const clock = new ManualClock(1_000_000_000);
    const signed = { way: 'session', cookie: 'fleet_session', format: 'signed-user-id', secret: 'secret' } as const;
    const world = await openWorld({ clock, subject: { ways: [signed], visitor: { cookie: 'v', secure: false } } });
    closing.push(() => world.close());
    expect((await world.get('/app.js')).headers.getSetCookie()).toEqual([]);
    const page = await talk(world.port, 'GET / HTTP/1.1\nHost: fleet\nAccept: text/html\n\n');
    const visitor = /Set-Cookie: (v=[^;]+); Path/i.exec(page.text)?.[1] ?? '';
    expect(wentTo(await world.get('/api/trips/7', { cookie: visitor }))).toBe('legacy no-subject');
    await clock.advance(10_000);
    expect(wentTo(await world.get('/api/trips/7', { cookie: visitor }))).toBe('service exposed');
    expect(world.service.seen[0]?.headers).not.toHaveProperty('x-banyan-identity');
    const login = await world.get('/api/trips/7', { cookie: `${visitor}; ${as('7').cookie}` });
    expect(decodeJwt(String(world.service.seen[1]?.headers['x-banyan-identity'])).sub).toBe('7');
    const linked = login.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const out = await world.get('/api/trips/7', { cookie: linked });
    expect([wentTo(out), out.headers.get('x-banyan-bucket')]).toEqual(['service exposed', '9296']);
  });
});

describe('a route that wants an identity', () => {
  const signed: WayOptions = { way: 'session', cookie: 'fleet_session', format: 'signed-user-id', secret: 'secret' };
  const jwt: WayOptions = {
    way: 'jwt',
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks: 'http://127.0.0.1:1/',
    algorithms: ['ES256'],
  };

  it('answers 401 with a challenge before anybody is asked, and lets in who is known', async () => {
    const world = await open([signed, jwt], { auth: 'required' });
    const answer = await world.get('/api/trips/7', { cookie: 'fleet_session=7.s1.4102444800.AAAA' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([401, 'application/problem+json']);
    expect(answer.headers.get('www-authenticate')).toBe(
      'Cookie realm="banyan", cookie-name="fleet_session", Bearer realm="banyan"',
    );
    expect(await answer.json()).toMatchObject({ code: 'identity-required' });
    expect([...world.legacy.seen, ...world.service.seen]).toHaveLength(0);
    expect(wentTo(await world.get('/api/trips/7', as('7')))).toBe('service exposed');
  });

  it('answers 503, not 401, while it cannot be told who it is', async () => {
    const world = await open([jwt], { auth: 'required' });
    const answer = await world.get('/api/trips/7', {
      authorization: 'Bearer eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.e30.c2ln',
    });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(world.legacy.seen).toHaveLength(0);
  });
});

async function open(ways: readonly WayOptions[], changes: Partial<Route> = {}): Promise<World> {
  const routes = ROUTES.map((route) => ({ ...route, ...changes }));
  const world = await openWorld({ routes, subject: { ways, waitMs: 700 } });
  closing.push(() => world.close());
  return world;
}

function introspected(url: string): WayOptions {
  const logout = [{ method: 'POST', path: '/api/logout' }];
  const introspection = { url: `${url}/me`, id: 'id', timeoutMs: 600, logout };
  return { way: 'session', cookie: 'sid', format: 'opaque', introspection };
}

/** Answers who is logged in, or does not. */
async function openMonolith(answer: (session: string, response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    answer(/sid=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? '', response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
