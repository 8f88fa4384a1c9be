import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../shared/index.ts';
import type { Side, Stage } from '../decide/unit-state.ts';
import { as, canary, openWorld, owned, ROUTES, wentTo, type World } from '../testing/edge.fixture.ts';

/** Of the same world for all: how the service behaves, by what the path asks for. */
const failures = {
  reset: (socket: Socket) => socket.resetAndDestroy(),
  garbage: (socket: Socket) => socket.end('I am no HTTP\r\n\r\n'),
  'answer begun': (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhel'),
};

const OPTIONS_ROUTE = { ...ROUTES[0]!, method: 'OPTIONS' };
const NEVER = { minCalls: 1e9, connectFailures: 1e9 };

describe('case 128: what the service fails goes to legacy', () => {
  let world: World;
  let failure: keyof typeof failures;
  beforeEach(async () => {
    const limits = { firstByteMs: 5000 };
    world = await openWorld({ breaker: NEVER, routes: [...ROUTES, OPTIONS_ROUTE], limits });
    world.service.answer = (request) => void failures[failure](request.socket);
  });
  afterEach(() => world.close());

  const states: [Stage, Side][] = [
    ['canary', 'legacy'],
    ['reads', 'legacy'],
    ['owned', 'service'],
    ['retired', 'service'],
  ];
  const reads = ['GET', 'HEAD', 'OPTIONS'] as const;
  const cases = states.flatMap(([stage, owner]) =>
    (Object.keys(failures) as (keyof typeof failures)[]).flatMap((how) => [
      ...reads.map((method) => [stage, owner, how, method] as const),
      [stage, owner, how, 'POST'] as const,
    ]),
  );

  it.each(cases)('%s, owned by %s, %s, %s', async (stage, owner, how, method) => {
    failure = how;
    world.state = canary({ stage, owner });
    const path = method === 'POST' ? '/api/trips' : '/api/trips/7';
    const answer = await fetch(`${world.url}${path}`, { method, headers: { 'x-banyan-explain': '1', ...as('7') } })
      .then(async (response) => ({ where: wentTo(response), status: response.status, text: await response.text() }))
      .catch(() => 'broken off');
    expect(answer).toEqual(expected(owner, how, method));
    const served = world.service.seen.length;
    // A read on a used connection may be asked once more; a write never is (invariant 9).
    expect(served).toBe(owner === 'legacy' && method === 'POST' ? 0 : 1);
  });

  function expected(owner: Side, how: keyof typeof failures, method: string): unknown {
    if (method === 'POST' && owner === 'legacy') return fromLegacy(method, 'legacy-owns-writes');
    // The head of an answer to HEAD is all of it.
    if (how === 'answer begun' && method === 'HEAD')
      return expect.objectContaining({ status: 200, where: expect.stringContaining('service') });
    if (how === 'answer begun') return 'broken off';
    if (owner === 'service') return expect.objectContaining({ status: 502, where: 'service owned' });
    return fromLegacy(method, 'service-failed');
  }

  function fromLegacy(method: string, reason: string): unknown {
    return { where: `legacy ${reason}`, status: 200, text: method === 'HEAD' ? '' : '{"by":"legacy"}' };
  }
});

describe('a service that is gone', () => {
  let world: World;
  afterEach(() => world.close());

  it('is not asked any more after a few failures, and legacy answers every read', async () => {
    world = await openWorld();
    await world.service.close();
    const seen = new Set<string>();
    for (let i = 0; i < 12; i++) seen.add(`${(await read(world)).status} ${wentTo(await read(world))}`);
    expect([...seen]).toEqual(['200 legacy service-failed', '200 legacy breaker-open']);
    const metrics = await world.registry.metrics();
    expect(metrics).toContain('banyan_edge_fallback_total{unit="trips",verdict="ok"} 5');
    expect(metrics).toContain('banyan_edge_breakers{target="trips",state="open"} 1');
  });

  it('is asked again with copies of what legacy answers, and gets its readers back when three are well', async () => {
    world = await openWorld({ breaker: { minCalls: 4, openMs: 100 } });
    world.service.answer = (_request, response) => void response.writeHead(503).end();
    for (let i = 0; i < 4; i++) expect(wentTo(await read(world))).toBe('service exposed');
    expect(wentTo(await read(world))).toBe('legacy breaker-open');
    world.service.answer = (_request, response) => void response.end('{"by":"service"}');
    const isBack = async (): Promise<boolean> => wentTo(await read(world)) === 'service exposed';
    expect(await waitUntil(isBack, { budgetMs: 20_000 })).toBe(true);
    const copies = world.service.seen.filter(({ headers }) => headers['x-banyan-shadow'] === '1');
    expect(copies).toHaveLength(3);
    expect(world.edge.shadow('trips').samples).toBe(0);
  });

  it('is refused with the time to come again, once it owns the rows', async () => {
    world = await openWorld({ breaker: { connectFailures: 2 } });
    world.state = owned();
    await world.service.close();
    expect((await world.post('/api/trips', as('7'))).status).toBe(502);
    expect((await world.post('/api/trips', as('7'))).status).toBe(502);
    const answer = await world.post('/api/trips', as('7'));
    expect([answer.status, wentTo(answer), answer.headers.get('content-type')]).toEqual([
      503,
      'service breaker-open',
      'application/problem+json',
    ]);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(4);
    expect(await answer.json()).toMatchObject({ code: 'target-unavailable' });
    expect((await read(world)).status).toBe(502); // Another route: its own breaker opens with its first failure.
    expect((await read(world)).status).toBe(503);
    expect((await world.get('/elsewhere')).status).toBe(200);
  });

  it('is asked again with live requests once it owns the rows', async () => {
    world = await openWorld({ breaker: { connectFailures: 1, openMs: 50 } });
    world.state = owned();
    const { port } = new URL(world.service.url);
    await world.service.close();
    expect((await read(world)).status).toBe(502);
    const again = await serverOn(Number(port));
    expect(await waitUntil(async () => (await read(world)).status === 200, { budgetMs: 20_000 })).toBe(true);
    again.closeAllConnections();
    again.close();
  });
});

describe('a target with two endpoints', () => {
  it('fails no read when one of them is gone, owned or not, and ejects it', async () => {
    const spare = await serverOn(0);
    const world = await openWorld();
    const urls = [world.service.url, `http://127.0.0.1:${(spare.address() as AddressInfo).port}`];
    world.edge.reload({ services: { trips: { url: urls[0] ?? '', endpoints: { from: 'list', urls } } } });
    world.state = owned();
    await world.service.close();
    const answers = await Promise.all(Array.from({ length: 40 }, () => read(world)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await world.post('/api/trips', as('7'))).status).toBe(200); // Nothing of a write had been sent.
    expect(await world.registry.metrics()).toContain('banyan_edge_endpoints{target="trips",state="ejected"} 1');
    await world.close();
    spare.closeAllConnections();
    spare.close();
  });
});

function read(world: World): Promise<Response> {
  return world.get('/api/trips/7', as('7'));
}

async function serverOn(port: number): Promise<Server> {
  const server = createServer((_request, response) => response.end('{}')).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
