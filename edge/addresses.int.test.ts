import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../shared/index.ts';
import { openWorld, type World } from './testing/edge.fixture.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const FORWARDERS = ['direct', 'undici', 'http-proxy-middleware'] as const;

/** An application that says who asked, at an address of its own. */
async function application(
  where: { path: string } | { host: string; port: number },
): Promise<{ server: Server; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const server = createServer((asked, response) => {
    seen.push(asked);
    void text(asked).then((body) => response.end(`${asked.method} ${body}`));
  });
  server.on('upgrade', (asked, socket) => {
    seen.push(asked);
    socket.end('HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  });
  server.listen(where);
  await once(server, 'listening');
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { server, seen };
}

async function open(...options: Parameters<typeof openWorld>): Promise<World> {
  const world = await openWorld(...options);
  closers.push(() => world.close());
  return world;
}

describe.each(FORWARDERS)('a target by %s', (forwarder) => {
  it('can be at a Unix socket, for requests, uploads and upgrades', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'banyan-socket-'));
    closers.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'an app.sock');
    const { seen } = await application({ path });
    const world = await open({ legacy: `unix:${encodeURI(path)}`, forwarder });
    expect(await (await world.get('/a')).text()).toBe('GET ');
    const posted = await fetch(`${world.url}/a`, { method: 'POST', body: 'x'.repeat(100_000) });
    expect(await posted.text()).toBe(`POST ${'x'.repeat(100_000)}`);
    const upgrade = request(`${world.url}/live`, { headers: { connection: 'Upgrade', upgrade: 'websocket' } }).end();
    const [answer, socket] = (await once(upgrade, 'upgrade')) as [IncomingMessage, Socket];
    socket.destroy();
    expect(answer.statusCode).toBe(101);
    expect(seen.map(({ headers }) => headers.host)).toEqual(Array(3).fill(`127.0.0.1:${world.port}`));
  });

  it('can be at an IPv6 address', async () => {
    const { server, seen } = await application({ host: '::1', port: 0 });
    const { port } = server.address() as AddressInfo;
    const world = await open({ legacy: `http://[::1]:${port}`, forwarder });
    expect(await (await world.get('/a')).text()).toBe('GET ');
    expect(seen).toHaveLength(1);
  });
});

describe('the edge', () => {
  it('says no more about a socket that is not there than about a closed port', async () => {
    const world = await open({ legacy: 'unix:/nowhere/app.sock' });
    const answer = await world.get('/a');
    expect([answer.status, await answer.json()]).toMatchObject([502, { code: 'target-failed' }]);
  });

  it('checks how an application at a Unix socket is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'banyan-socket-'));
    closers.push(() => rmSync(folder, { recursive: true }));
    const url = `unix:${join(folder, 'app.sock')}`;
    const { seen } = await application({ path: join(folder, 'app.sock') });
    await open({ legacy: { url, healthCheck: { path: '/healthz', everyMs: 20 } } });
    expect(await waitUntil(() => seen.some((asked) => asked.url === '/healthz'), { budgetMs: 20_000 })).toBe(true);
  });

  it.each([
    ['unix:app.sock', 'without an absolute path'],
    [`unix:/${'x'.repeat(120)}`, 'more than 107 characters'],
  ])('refuses a target at %s', async (legacy, problem) => {
    await expect(openWorld({ legacy })).rejects.toThrow(problem);
  });

  it.each<[string, string, Record<string, string>, string]>([
    ['::1', '[::1]', {}, '::1'],
    ['::', '127.0.0.1', {}, '127.0.0.1'],
    ['::1', '[::1]', { 'x-forwarded-for': '2001:db8::7' }, '2001:db8::7, ::1'],
  ])('listens on %s and names a client of %s as it is', async (host, name, headers, forwardedFor) => {
    const world = await open({ trustedProxies: headers['x-forwarded-for'] ? ['::1'] : [] }, host);
    const url = `http://${name}:${world.port}`;
    expect((await fetch(`${url}/a`, { headers })).status).toBe(200);
    expect(world.legacy.seen[0]?.headers).toMatchObject({
      'x-forwarded-for': forwardedFor,
      'x-forwarded-host': new URL(url).host,
      host: new URL(url).host,
    });
  });
});
