import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../shared/index.ts';
import { isWhole, type AnyRequest, type ClientResponse } from '../client.ts';
import { PlainLane } from './plain-lane.ts';

type Handler = (request: AnyRequest, response: ClientResponse) => unknown;

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

async function openLane(handler: Handler): Promise<{ lane: PlainLane; port: number }> {
  const server = createServer({ noDelay: true }, handler as never);
  const lane = new PlainLane(server, { maxHeaderBytes: 16_384, maxHeaders: 100, idleConnectionMs: 1_000 }, handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(() => {
    lane.close();
    lane.cut();
    server.close();
    server.closeAllConnections();
  });
  return { lane, port: (server.address() as AddressInfo).port };
}

interface Client {
  readonly socket: Socket;
  readonly text: () => string;
  readonly isClosed: () => boolean;
}

function dial(port: number): Client {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let isClosed = false;
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  socket.on('close', () => (isClosed = true));
  socket.on('error', () => undefined);
  opened.push(() => socket.destroy());
  return { socket, text: () => text, isClosed: () => isClosed };
}

/** Answers with what was asked, and by whom. */
const echo: Handler = async (request, response) => {
  const body = isWhole(request) ? request.wholeBody : await buffer(request as IncomingMessage);
  const text = `${isWhole(request) ? 'lane' : 'node'} ${request.method} ${request.url} ${body?.toString() ?? ''}\n`;
  response.writeHead(200, 'OK', ['Content-Length', String(text.length)]);
  response.end(text, 'latin1');
};

const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: f\r\n${headers}\r\n`;

async function expectText(client: Client, pattern: RegExp): Promise<void> {
  await waitUntil(() => pattern.test(client.text()), { budgetMs: 20_000 });
  expect(client.text()).toMatch(pattern);
}

describe('the lane for common requests', () => {
  it('answers one request after the other on one connection, bodies included', async () => {
    const { port } = await openLane(echo);
    const client = dial(port);
    client.socket.write(get('/a'));
    await expectText(client, /lane GET \/a/);
    client.socket.write('POST /b HTTP/1.1\r\nHost: f\r\nContent-Length: 5\r\n\r\nhello');
    await expectText(client, /lane POST \/b hello/);
  });

  it('answers pipelined requests in their order', async () => {
    const { port } = await openLane(echo);
    const client = dial(port);
    client.socket.write(['/1', '/2', '/3'].map((path) => get(path)).join(''));
    await expectText(client, /GET \/1[^]*GET \/2[^]*GET \/3/);
  });

  it('hands the connection over with all that is unread when a request is not common', async () => {
    const { port } = await openLane(echo);
    const client = dial(port);
    const chunked = 'POST /2 HTTP/1.1\r\nHost: f\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n';
    client.socket.write(`${get('/1')}${chunked}${get('/3')}`);
    await expectText(client, /lane GET \/1[^]*node POST \/2 hello[^]*node GET \/3/);
  });

  it('hands over a request that arrives in pieces', async () => {
    const { port } = await openLane(echo);
    const client = dial(port);
    client.socket.write('POST /slow HTTP/1.1\r\nHost: f\r\nContent-Le');
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.socket.write('ngth: 5\r\n\r\nhe');
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.socket.write('llo');
    await expectText(client, /node POST \/slow hello/);
  });

  it('hands over what is malformed, to be refused', async () => {
    const { port } = await openLane(echo);
    const client = dial(port);
    client.socket.write('GET / HTTP/1.1\r\nHost : f\r\n\r\n');
    await expectText(client, /^HTTP\/1\.1 400/);
  });

  it('sends an answer without a length in chunks', async () => {
    const { port } = await openLane((_request, response) => {
      response.writeHead(200, 'OK', []);
      response.write(Buffer.from('hello '));
      response.end(Buffer.from('world'));
    });
    const client = dial(port);
    client.socket.write(get('/'));
    await expectText(client, /Transfer-Encoding: chunked\r\n[^]*\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n$/);
  });

  it('sends no body to HEAD and none with 304', async () => {
    const { port } = await openLane((request, response) => {
      response.writeHead(request.method === 'HEAD' ? 200 : 304, 'OK', ['Content-Length', '5', 'ETag', '"1"']);
      response.end(Buffer.from('hello'));
    });
    const client = dial(port);
    client.socket.write(`HEAD / HTTP/1.1\r\nHost: f\r\n\r\n${get('/')}`);
    await expectText(client, /200 OK[^]*Content-Length: 5[^]*304 OK[^]*\r\n\r\n$/);
    expect(client.text()).not.toContain('hello');
  });

  it('refuses to send a head that holds half a line end', async () => {
    const failures: unknown[] = [];
    const { port } = await openLane((_request, response) => {
      try {
        response.writeHead(200, 'OK', ['X-A', 'b\nSet-Cookie: evil=1']);
      } catch (error) {
        failures.push(error);
        response.destroy();
      }
    });
    const client = dial(port);
    client.socket.write(get('/'));
    await waitUntil(client.isClosed, { budgetMs: 20_000 });
    expect(failures).toHaveLength(1);
    expect(client.text()).toBe('');
  });

  it('tells the answer when the client has left', async () => {
    let left = 0;
    const { port } = await openLane((_request, response) => response.on('close', () => left++));
    const client = dial(port);
    client.socket.write(get('/'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.socket.end();
    expect(await waitUntil(() => left === 1, { budgetMs: 20_000 })).toBe(true);
  });

  it('waits for a client that does not read, and makes one that sends too much wait', async () => {
    const chunk = Buffer.alloc(32 * 1024 * 1024, 'x');
    let isFull = false;
    let isDrained = false;
    const { port } = await openLane((_request, response) => {
      response.writeHead(200, 'OK', []);
      isFull = !response.write(chunk);
      response.once('drain', () => {
        isDrained = true;
        response.end();
      });
    });
    const client = dial(port);
    client.socket.pause();
    client.socket.write(get('/') + get('/next').repeat(4000));
    expect(await waitUntil(() => isFull, { budgetMs: 20_000 })).toBe(true);
    expect(isDrained).toBe(false);
    client.socket.resume();
    expect(await waitUntil(() => isDrained, { budgetMs: 20_000 })).toBe(true);
  });

  it('says with the answer under way that it leaves, and ends idle connections when told', async () => {
    const answers: ClientResponse[] = [];
    const { lane, port } = await openLane((_request, response) => void answers.push(response));
    const [idle, busy] = [dial(port), dial(port)];
    busy.socket.write(get('/'));
    await waitUntil(() => answers.length === 1, { budgetMs: 20_000 });
    lane.leave();
    expect(idle.isClosed()).toBe(false);
    lane.endIdle();
    expect(await waitUntil(idle.isClosed, { budgetMs: 20_000 })).toBe(true);
    answers[0]?.writeHead(200, 'OK', ['Content-Length', '0']);
    answers[0]?.end();
    await expectText(busy, /Connection: close\r\n/);
    expect(await waitUntil(busy.isClosed, { budgetMs: 20_000 })).toBe(true);
  });

  it('closes a connection that was idle for long', async () => {
    const { port } = await openLane(echo);
    const client = dial(port);
    expect(await waitUntil(client.isClosed, { budgetMs: 20_000 })).toBe(true);
  });
});
