import { once } from 'node:events';
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { buffer, text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../shared/index.ts';
import { as, openWorld, type World } from '../testing/edge.fixture.ts';
import { openUpstream, type RawUpstream } from '../testing/raw-http.fixture.ts';
import { END_HEADERS, ERROR_CODES, get, RawHttp2, type Field } from '../testing/raw-http2.fixture.ts';

const FORWARDERS = ['direct', 'undici', 'http-proxy-middleware'] as const;
type Forwarder = (typeof FORWARDERS)[number];
type Fields = Record<string, string>;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Http2World extends World {
  readonly http2: number;
}

async function open(options: Parameters<typeof openWorld>[0] = {}): Promise<Http2World> {
  const world = await openWorld({ ...options, limits: { firstByteMs: 2000, ...options.limits } });
  closers.push(() => world.close());
  return Object.assign(world, { http2: (await world.edge.listenHttp2(0)).port });
}

/** An edge whose legacy is a script on bytes. */
async function before(script: Parameters<typeof openUpstream>[0], forwarder: Forwarder = 'direct') {
  const upstream: RawUpstream = await openUpstream(script);
  closers.push(() => upstream.close());
  return { upstream, world: await open({ legacy: upstream.url, forwarder }) };
}

function dial({ http2 }: Http2World): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${http2}`);
  session.on('error', () => undefined);
  closers.push(() => session.destroy());
  return session;
}

function raw({ http2 }: Http2World): RawHttp2 {
  const client = new RawHttp2(http2);
  closers.push(() => client.close());
  return client;
}

async function headOf(stream: ClientHttp2Stream): Promise<Fields> {
  const [head] = (await once(stream, 'response')) as [Fields];
  return head;
}

/** How a stream ended: `whole`, or the code it was reset with. */
async function endOf(stream: ClientHttp2Stream): Promise<'whole' | number> {
  stream.on('error', () => undefined).resume();
  await new Promise((resolve) => stream.once('close', resolve));
  return stream.rstCode === 0 ? 'whole' : stream.rstCode;
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('a path of HTTP/2', () => {
  it('has the characters a path of HTTP/1.1 may have', async () => {
    const world = await open();
    const stream = dial(world).request({ ':path': '/caf\xe9' });
    expect((await headOf(stream))[':status']).toBe(400);
    expect(world.legacy.seen).toHaveLength(0);
  });
});

describe.each(FORWARDERS)('HTTP/2 towards clients, HTTP/1.1 towards targets, by %s', (forwarder) => {
  it('says in HTTP/1.1 what it was told, and answers with what it heard', async () => {
    const head = 'HTTP/1.1 200 Fine\r\nSet-Cookie: a=1\r\nX-Name: \xe9\r\nSet-Cookie: b=2\r\nKeep-Alive: timeout=9\r\n';
    const { upstream, world } = await before((socket) => {
      socket.write(`${head}Content-Length: 2\r\n\r\nok`, 'latin1');
    }, forwarder);
    const stream = dial(world).request({
      ':path': '/a?b=1',
      ':authority': 'fleet:80',
      'x-user-id': '1',
      te: 'trailers',
    });
    const answer = await headOf(stream);
    expect(await text(stream)).toBe('ok');
    expect(answer).toMatchObject({ ':status': 200, 'set-cookie': ['a=1', 'b=2'], 'x-name': '\xe9' });
    expect(answer).not.toHaveProperty('keep-alive');
    expect(upstream.requests[0]).toMatch(/^GET \/a\?b=1 HTTP\/1\.1\r\n/);
    expect(upstream.requests[0]).toMatch(/\r\nhost: fleet:80\r\n/i);
    expect(upstream.requests[0]).toMatch(/\r\nx-forwarded-proto: http\r\n/i);
    expect(upstream.requests[0]).not.toMatch(/\r\n(:|te|x-user-id)/i);
  });

  it('carries a body without a length, and cookies in one line', async () => {
    const { upstream, world } = await before((socket, request) => {
      if (isWhole(request)) socket.write(OK);
      else socket.on('data', () => isWhole(upstream.requests[0] ?? '') && socket.write(OK));
    }, forwarder);
    const stream = dial(world).request({ ':method': 'POST', ':path': '/a', cookie: ['a=1', 'b=2'] });
    stream.end('hello');
    expect(await headOf(stream)).toMatchObject({ ':status': 200 });
    expect(upstream.requests[0]).toMatch(/\r\ncookie: a=1; b=2\r\n/i);
    expect(upstream.requests[0]).toContain('hello');
  });

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n', '99'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n', undefined],
    ['DELETE', 'HTTP/1.1 204 No Content\r\n\r\n', undefined],
  ])('ends the answer to %s with its head when there is no body', async (method, answer, length) => {
    const { world } = await before((socket) => void socket.write(answer), forwarder);
    const stream = dial(world).request({ ':method': method, ':path': '/a' });
    const head = await headOf(stream);
    expect(head['content-length']).toBe(length);
    expect(await endOf(stream)).toBe('whole');
  });

  it('invariant 9: never lets an answer that breaks off look complete', async () => {
    const { world } = await before((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
      setTimeout(() => socket.resetAndDestroy(), 30);
    }, forwarder);
    const stream = dial(world).request({ ':path': '/a' });
    expect(await endOf(stream)).toBe(constants.NGHTTP2_INTERNAL_ERROR);
  });

  it('leaves the target at once when the client resets the stream, and keeps the connection', async () => {
    const { upstream, world } = await before((socket, request) => {
      if (request.startsWith('GET /quick')) socket.write(OK);
    }, forwarder);
    const session = dial(world);
    const stream = session.request({ ':path': '/slow' });
    stream.on('error', () => undefined);
    await waitUntil(() => upstream.requests.length === 1, { budgetMs: 20_000 });
    stream.close(constants.NGHTTP2_CANCEL);
    expect(await waitUntil(() => upstream.closedByPeer() === 1, { budgetMs: 20_000 })).toBe(true);
    expect(await headOf(session.request({ ':path': '/quick' }))).toMatchObject({ ':status': 200 });
  });

  it.each<[string, Fields, (client: RawHttp2) => void]>([
    ['resets it in the middle of a body', {}, (client) => client.reset(1, ERROR_CODES.CANCEL)],
    ['takes it back without an error', {}, (client) => client.reset(1, ERROR_CODES.NO_ERROR)],
    ['takes back one of announced length', { 'content-length': '10' }, (client) => client.reset(1, 0)],
    ['leaves in the middle of a body', {}, (client) => client.close()],
    ['leaves in one of announced length', { 'content-length': '99999' }, (client) => client.close()],
  ])('invariant 9: never lets a request look complete whose client %s', async (_, fields, leave) => {
    const { upstream, world } = await before(() => undefined, forwarder);
    const client = raw(world);
    client.request(1, post('/a', Object.entries(fields)), END_HEADERS);
    client.send('DATA', 0, 1, Buffer.from('hello'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    leave(client);
    await new Promise((resolve) => setTimeout(resolve, 150));
    for (const request of upstream.requests) {
      expect(isWhole(request)).toBe(false);
    }
    const areGone = (): boolean => upstream.closedByPeer() >= upstream.requests.length;
    expect(await waitUntil(areGone, { budgetMs: 20_000 })).toBe(true);
  });
});

/** True for a request on the wire that lacks nothing of its body. */
function isWhole(request: string): boolean {
  const [head = '', body = ''] = request.split('\r\n\r\n');
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  return length === undefined ? request.endsWith('0\r\n\r\n') : body.length >= Number(length);
}

function post(path: string, more: readonly Field[]): Field[] {
  return [[':method', 'POST'], ...get(path, more).slice(1)];
}

describe('HTTP/2 towards clients', () => {
  it('decides like any request, with its reason', async () => {
    const world = await open();
    const stream = dial(world).request({ ':path': '/api/trips/7', ...as('7'), 'x-banyan-explain': '1' });
    expect(await headOf(stream)).toMatchObject({ 'x-banyan-target': 'service', 'x-banyan-reason': 'exposed' });
    expect(JSON.parse(await text(stream))).toEqual({ by: 'service' });
  });

  it.each<[string, readonly [string, string][]]>([
    ['Connection', [['connection', 'close']]],
    ['Transfer-Encoding', [['transfer-encoding', 'chunked']]],
    ['Upgrade', [['upgrade', 'websocket']]],
    ['Keep-Alive', [['keep-alive', 'timeout=5']]],
    ['TE for more than trailers', [['te', 'gzip']]],
    ['an upper-case name', [['X-Name', 'a']]],
    ['a length its body does not have', [['content-length', '5']]],
    ['a second path', [[':path', '/b']]],
    [
      'a pseudo field behind others',
      [
        ['x-name', 'a'],
        [':path', '/b'],
      ],
    ],
    ['an extended CONNECT', [[':protocol', 'websocket']]],
  ])('ends a request with %s as a protocol error and forwards nothing', async (_, fields) => {
    const world = await open();
    const client = raw(world);
    client.request(1, get('/a', fields));
    expect(await client.ended(1)).toBe(ERROR_CODES.PROTOCOL_ERROR);
    client.request(3, get('/b'));
    expect(await client.ended(3)).toBe('end');
    expect(world.legacy.seen.map(({ url }) => url)).toEqual(['/b']);
  });

  it.each<[string, Fields, number]>([
    ['a Host that is not the authority', { ':authority': 'fleet', host: 'other' }, 400],
    ['a path that climbs', { ':path': '/public/../api/trips/7' }, 400],
    ['CONNECT', { ':method': 'CONNECT', ':authority': 'a:1' }, 405],
    ['TRACE', { ':method': 'TRACE' }, 405],
    ['20 KB of fields', { 'x-a': 'a'.repeat(10_000), 'x-b': 'b'.repeat(10_000) }, 431],
    ['more fields than there may be', Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`x-${i}`, 'a'])), 431],
    ['an unknown expectation', { expect: 'coffee' }, 417],
  ])('refuses %s with a status and forwards nothing', async (_, fields, status) => {
    const world = await open();
    const stream = dial(world).request({ ...(fields[':method'] === 'CONNECT' ? {} : { ':path': '/a' }), ...fields });
    expect(await headOf(stream)).toMatchObject({ ':status': status, 'content-type': 'application/problem+json' });
    expect(world.legacy.seen).toHaveLength(0);
  });

  it('cannot be told a line end in a field: nothing of it reaches the target', async () => {
    const world = await open();
    const client = raw(world);
    client.request(
      1,
      get('/a', [
        ['x-name', 'a\r\nX-User-Id: admin'],
        ['x-other', '\xc4\x8d\xc4\x8a'],
      ]),
    );
    await client.ended(1);
    for (const { rawHeaders } of world.legacy.seen) expect(rawHeaders.join()).not.toMatch(/admin|[\r\n]/i);
  });

  it('ends a connection that takes back more requests than a client has a use for', async () => {
    const world = await open();
    world.legacy.answer = () => undefined;
    const client = raw(world);
    for (let i = 0; i < 3000; i++) {
      client.request(2 * i + 1, get('/a'));
      client.reset(2 * i + 1, ERROR_CODES.CANCEL);
    }
    expect(await client.ended(0, 5000)).toBe(ERROR_CODES.INTERNAL_ERROR);
    expect(world.legacy.seen.length).toBeLessThan(500);
    expect((await world.get('/a')).status).toBeGreaterThanOrEqual(200);
  });

  it('refuses streams above the limit and goes on with the others', async () => {
    const world = await open({ limits: { streams: 5 } });
    world.legacy.answer = () => undefined;
    const client = raw(world);
    for (let i = 0; i < 20; i++) client.request(2 * i + 1, get('/a'));
    const refused = (): number => client.of('RST_STREAM').length;
    expect(await waitUntil(() => refused() === 15, { budgetMs: 20_000 })).toBe(true);
    expect(await waitUntil(() => world.legacy.seen.length === 5, { budgetMs: 20_000 })).toBe(true);
  });

  it('ends a connection that never says what it wants', async () => {
    const world = await open({ limits: { headersMs: 150 } });
    const client = raw(world);
    expect(await waitUntil(() => client.isClosed, { budgetMs: 20_000 })).toBe(true);
  });

  it('ends a connection that does not speak HTTP/2, and the HTTP/1.1 port one that does', async () => {
    const world = await open();
    const answer = await fetch(`http://127.0.0.1:${world.http2}/a`).catch(() => 'refused');
    expect(answer).toBe('refused');
    const client = new RawHttp2(world.port);
    expect(await waitUntil(() => client.isClosed, { budgetMs: 20_000 })).toBe(true);
    expect(world.legacy.seen).toHaveLength(0);
  });

  it('passes the events of a stream on as they come, without a push', async () => {
    const world = await open();
    let send: (text: string) => void = () => undefined;
    world.legacy.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      send = (data) => response.write(data);
    };
    const stream = dial(world).request({ ':path': '/events' });
    expect(await headOf(stream)).toMatchObject({ 'content-type': 'text/event-stream' });
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      send(event);
      const [chunk] = (await once(stream, 'data')) as [Buffer];
      expect(chunk.toString()).toBe(event);
    }
  });

  it('gives an answer that comes before the end of the body, and takes no more of it', async () => {
    const { world } = await before((socket) => {
      socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig');
    });
    const stream = dial(world).request({ ':method': 'POST', ':path': '/a' });
    const sending = setInterval(() => stream.writable && stream.write(Buffer.alloc(10_000)), 10);
    closers.push(() => clearInterval(sending));
    expect(await headOf(stream)).toMatchObject({ ':status': 413 });
    expect(await text(stream)).toBe('big');
    expect(await waitUntil(() => stream.closed, { budgetMs: 20_000 })).toBe(true);
  });

  it('holds a large answer back while the client does not read, and loses none of it', async () => {
    const big = Buffer.alloc(24_000_000, 'abcdefghijklmnopqrstuvwxyz');
    let sent = 0;
    const { world } = await before((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${big.length}\r\n\r\n`);
      const step = (): void => {
        for (let free = true; free && sent < big.length; sent += 65_536)
          free = socket.write(big.subarray(sent, sent + 65_536));
      };
      socket.on('drain', step);
      step();
    });
    const stream = dial(world).request({ ':path': '/big' });
    await headOf(stream);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(sent).toBeLessThan(big.length - 1_000_000);
    expect((await buffer(stream)).equals(big)).toBe(true);
  });

  it('says goodbye before it leaves, and ends with the last answer', async () => {
    const world = await open({ limits: { lingerMs: 200, drainMs: 3000 } });
    let finish: () => void = () => undefined;
    world.legacy.answer = (_request, response) => void (finish = () => response.end('{}'));
    const session = dial(world);
    const goodbyes: number[] = [];
    session.on('goaway', (code) => goodbyes.push(code));
    const slow = session.request({ ':path': '/slow' });
    await waitUntil(() => world.legacy.seen.length === 1, { budgetMs: 20_000 });
    const answerSlow = finish;
    const closed = world.edge.close();
    expect(await waitUntil(() => goodbyes.length === 1, { budgetMs: 20_000 })).toBe(true);
    answerSlow();
    expect(await endOf(slow)).toBe('whole');
    await closed;
    expect(goodbyes.every((code) => code === 0)).toBe(true);
  });
});
