import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../shared/index.ts';
import { openWorld, type World } from './testing/edge.fixture.ts';
import { openWebSocketServer, webSocketFrame, type WebSocketServer } from './testing/web-socket.fixture.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function open(options: Parameters<typeof openWorld>[0] = {}): Promise<World> {
  const world = await openWorld({
    ...options,
    limits: { lingerMs: 150, drainMs: 8_000, firstByteMs: 60_000, ...options.limits },
  });
  closers.push(() => world.close());
  return world;
}

interface Client {
  readonly socket: Socket;
  text: string;
  /** `clean` when the edge ended the connection, `reset` when it cut it. */
  end: 'open' | 'clean' | 'reset';
}

function dial({ port }: { readonly port: number }): Client {
  const client: Client = { socket: connect(port, '127.0.0.1'), text: '', end: 'open' };
  client.socket.on('data', (chunk) => (client.text += chunk.toString('latin1')));
  client.socket.on('end', () => (client.end = 'clean'));
  client.socket.on('error', () => (client.end = 'reset'));
  closers.push(() => client.socket.destroy());
  return client;
}

async function seen(client: Client, pattern: RegExp): Promise<void> {
  await waitUntil(() => pattern.test(client.text), { budgetMs: 20_000 });
  expect(client.text).toMatch(pattern);
}

const GET = 'GET /a HTTP/1.1\r\nHost: fleet\r\n\r\n';
/** The same for Node's server: what comes in pieces is not of the common kind. */
async function inPieces({ socket }: Client, text: string): Promise<void> {
  socket.write(text.slice(0, 20));
  await new Promise((resolve) => setTimeout(resolve, 20));
  socket.write(text.slice(20));
}

async function ready(adminPort: number): Promise<number> {
  return (await fetch(`http://127.0.0.1:${adminPort}/readyz`)).status;
}

describe('an edge that leaves', () => {
  it('first says that it is not ready, and still takes whoever comes', async () => {
    const world = await open({ limits: { unreadyMs: 1500 } });
    const { port: adminPort } = await world.edge.listenAdmin(0);
    expect(await ready(adminPort)).toBe(200);
    const closed = world.edge.close();
    expect(await ready(adminPort)).toBe(503);
    expect((await world.get('/a')).status).toBe(200);
    await closed;
    await expect(world.get('/a')).rejects.toThrow('fetch failed');
  });

  it.each<[string, (client: Client) => unknown]>([
    ['one request after the other', ({ socket }) => socket.write(GET)],
    ['requests in pieces', (client) => inPieces(client, GET)],
  ])('answers a client of %s once more, with Connection: close', async (_, ask) => {
    const world = await open();
    const client = dial(world);
    await ask(client);
    await seen(client, /keep-alive[^]*legacy/i);
    const closed = world.edge.close();
    client.text = '';
    await ask(client);
    await seen(client, /connection: close[^]*legacy/i);
    await closed;
    expect(await waitUntil(() => client.end === 'clean', { budgetMs: 20_000 })).toBe(true);
  });

  it.each<[string, (client: Client) => unknown]>([
    ['the common kind', ({ socket }) => socket.write(GET)],
    ['another kind', (client) => inPieces(client, GET)],
  ])('tells the client of a request of %s that was under way', async (_, ask) => {
    const world = await open();
    let finish: () => void = () => undefined;
    world.legacy.answer = (_request, response) => void (finish = () => response.end('{}'));
    const client = dial(world);
    await ask(client);
    await waitUntil(() => world.legacy.seen.length === 1, { budgetMs: 20_000 });
    const closed = world.edge.close();
    finish();
    await seen(client, /connection: close/i);
    await closed;
  });

  it('ends connections that stay idle, after the linger', async () => {
    const world = await open();
    const [used, fresh] = [dial(world), dial(world)];
    used.socket.write(GET);
    await seen(used, /legacy/);
    const started = performance.now();
    await world.edge.close();
    expect(performance.now() - started).toBeLessThan(7_000);
    const areEnded = (): boolean => used.end === 'clean' && fresh.end === 'clean';
    expect(await waitUntil(areEnded, { budgetMs: 20_000 })).toBe(true);
  });

  it('lets an upload finish', async () => {
    const world = await open();
    let bytes = 0;
    world.legacy.answer = (request, response) => {
      request.on('data', (chunk: Buffer) => (bytes += chunk.length));
      request.on('end', () => response.end('{}'));
    };
    const client = dial(world);
    client.socket.write('POST /a HTTP/1.1\r\nHost: fleet\r\nContent-Length: 300000\r\n\r\n');
    client.socket.write(Buffer.alloc(100_000));
    await waitUntil(() => world.legacy.seen.length === 1, { budgetMs: 20_000 });
    const closed = world.edge.close();
    setTimeout(() => client.socket.write(Buffer.alloc(200_000)), 400);
    await seen(client, /200 OK[^]*connection: close/i);
    await closed;
    expect(bytes).toBe(300_000);
  });

  it('lets events come until the deadline, and then does not make them look complete', async () => {
    const world = await open({ limits: { drainMs: 600 } });
    world.legacy.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const events = setInterval(() => response.write('data: 1\n\n'), 20);
      response.on('close', () => clearInterval(events));
    };
    const client = dial(world);
    client.socket.write(GET);
    await seen(client, /data: 1/);
    const started = performance.now();
    const closed = world.edge.close();
    client.text = '';
    await seen(client, /(data: 1[^]*){5}/);
    await closed;
    expect(performance.now() - started).toBeLessThan(7_000);
    await waitUntil(() => client.end !== 'open', { budgetMs: 20_000 });
    expect(client.text).not.toMatch(/\r\n0\r\n\r\n$/);
  });

  describe('with WebSockets', () => {
    async function openSocket(options: Parameters<typeof openWorld>[0] = {}) {
      const application: WebSocketServer = await openWebSocketServer();
      closers.push(() => application.close());
      const world = await open({ legacy: application.url, ...options });
      const socket = new WebSocket(`ws://127.0.0.1:${world.port}/live`);
      closers.push(() => socket.close());
      await once(socket, 'open');
      return { application, world, socket };
    }

    it('says 1001 to both ends, and ends well before the deadline', async () => {
      const { application, world, socket } = await openSocket();
      socket.send('hello');
      const [{ data }] = (await once(socket, 'message')) as [MessageEvent];
      expect(data).toBe('hello');
      const gone = once(socket, 'close') as Promise<[CloseEvent]>;
      const started = performance.now();
      await world.edge.close();
      const [{ code, wasClean }] = await gone;
      expect([code, wasClean]).toEqual([1001, true]);
      expect(performance.now() - started).toBeLessThan(7_000);
      expect(application.frames.at(-1)).toMatchObject({ opcode: 8, payload: Buffer.of(0x03, 0xe9) });
    });

    it('waits with it for the end of a frame', async () => {
      const { application, world, socket } = await openSocket();
      const messages: unknown[] = [];
      socket.addEventListener('message', ({ data }) => messages.push(data));
      const gone = once(socket, 'close') as Promise<[CloseEvent]>;
      const [target] = application.sockets;
      const frame = webSocketFrame(1, Buffer.from('all of it'));
      target?.write(frame.subarray(0, 5));
      await new Promise((resolve) => setTimeout(resolve, 50));
      const closed = world.edge.close();
      await new Promise((resolve) => setTimeout(resolve, 50));
      target?.write(Buffer.concat([frame.subarray(5), webSocketFrame(1, Buffer.from('next'))]));
      expect((await gone)[0].code).toBe(1001);
      expect(messages[0]).toBe('all of it');
      await closed;
    });

    it('pings a client that is silent, and ends one that does not answer', async () => {
      const { application, socket } = await openSocket({ limits: { webSocketIdleMs: 60 } });
      await waitUntil(() => application.frames.some(({ opcode }) => opcode === 10), { budgetMs: 20_000 });
      expect(socket.readyState).toBe(WebSocket.OPEN);
      const dead = dial({ port: Number(new URL(socket.url).port) });
      const handshake =
        'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n';
      dead.socket.write(`GET /live HTTP/1.1\r\nHost: fleet\r\n${handshake}\r\n`);
      await seen(dead, /101[^]*\x89/);
      expect(await waitUntil(() => dead.end !== 'open', { budgetMs: 20_000 })).toBe(true);
    });

    it.each<[readonly string[] | undefined, string, number]>([
      [undefined, 'https://evil.example', 101],
      [['same'], 'http://fleet', 101],
      [['same'], 'https://evil.example', 403],
      [['same'], 'null', 403],
      [['https://app.example'], 'https://app.example', 101],
      [['https://app.example'], 'http://fleet', 403],
    ])('with origins %j answers a page of %s with %d', async (webSocketOrigins, origin, status) => {
      const application = await openWebSocketServer();
      closers.push(() => application.close());
      const world = await open({
        limits: { drainMs: 0 },
        legacy: application.url,
        ...(webSocketOrigins && { webSocketOrigins }),
      });
      const client = dial(world);
      const handshake =
        'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n';
      client.socket.write(`GET /live HTTP/1.1\r\nHost: fleet\r\nOrigin: ${origin}\r\n${handshake}\r\n`);
      await seen(client, new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(application.sockets.size).toBe(status === 101 ? 1 : 0);
    });
  });
});
