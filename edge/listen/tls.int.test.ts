import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { request, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../shared/index.ts';
import { createCertificate, type TestCertificate } from '../testing/certificate.fixture.ts';
import { openWorld, type World } from '../testing/edge.fixture.ts';

let folder: string;
let world: World;
let port: number;
const closers: (() => unknown)[] = [];

function write({ cert, key }: TestCertificate): void {
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key);
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-tls-'));
  write(createCertificate('first'));
  world = await openWorld({ tls: { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') } });
  ({ port } = await world.edge.listenTls(0));
});

afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await world.close();
  rmSync(folder, { recursive: true });
});

async function talkTls(protocols: string[]): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: protocols });
  closers.push(() => socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

async function commonName(): Promise<string | undefined> {
  const name = (await talkTls(['http/1.1'])).getPeerCertificate().subject.CN;
  return Array.isArray(name) ? name[0] : name;
}

async function ask(options: RequestOptions): Promise<{ status: number | undefined; body: string }> {
  const asked = request({ port, host: '127.0.0.1', rejectUnauthorized: false, agent: false, ...options }).end();
  const [answer] = (await once(asked, 'response')) as [NodeJS.ReadableStream & { statusCode?: number }];
  return { status: answer.statusCode, body: await text(answer) };
}

describe('the port that speaks TLS', () => {
  it('serves HTTP/1.1 and says so to the target', async () => {
    expect(await ask({ path: '/a' })).toEqual({ status: 200, body: '{"by":"legacy"}' });
    expect(await ask({ path: '/a', method: 'POST', headers: { 'transfer-encoding': 'chunked' } })).toMatchObject({
      status: 200,
    });
    expect(world.legacy.seen.map(({ headers }) => headers['x-forwarded-proto'])).toEqual(['https', 'https']);
  });

  it('serves HTTP/2 to those who can, on the same port', async () => {
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    closers.push(() => session.destroy());
    const stream = session.request({ ':path': '/a' });
    expect(await text(stream)).toBe('{"by":"legacy"}');
    expect(session.alpnProtocol).toBe('h2');
    expect(world.legacy.seen[0]?.headers).toMatchObject({ 'x-forwarded-proto': 'https', host: `127.0.0.1:${port}` });
  });

  it('gives HTTP/1.1 to a client that names no protocol, and nothing to one that names others', async () => {
    const silent = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    closers.push(() => silent.destroy());
    silent.write('GET /a HTTP/1.1\r\nHost: fleet\r\n\r\n');
    expect(String((await once(silent, 'data'))[0])).toMatch(/^HTTP\/1\.1 200/);
    await expect(talkTls(['spdy/3'])).rejects.toThrow(/no application protocol/i);
    expect(await metricsOf(world)).toContain('banyan_edge_rejected_total{code="tls-handshake"} 1');
  });

  it('carries a WebSocket', async () => {
    world.legacy.answer = (_request, response) => void response.writeHead(403).end();
    const headers = { connection: 'Upgrade', upgrade: 'websocket' };
    expect(await ask({ path: '/live', headers })).toMatchObject({ status: 403 });
    expect(world.legacy.seen[0]?.headers).toMatchObject({ upgrade: 'websocket', 'x-forwarded-proto': 'https' });
  });

  it('takes up a new certificate without losing a connection, and keeps the old one for a pair that does not fit', async () => {
    const kept = await talkTls(['http/1.1']);
    const second = createCertificate('second');
    writeFileSync(join(folder, 'cert.pem'), second.cert);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await commonName()).toBe('first');
    writeFileSync(join(folder, 'key.pem'), second.key);
    expect(await waitUntil(async () => (await commonName()) === 'second', { budgetMs: 20_000, everyMs: 20 })).toBe(
      true,
    );
    kept.write('GET /a HTTP/1.1\r\nHost: fleet\r\n\r\n');
    expect(String((await once(kept, 'data'))[0])).toMatch(/^HTTP\/1\.1 200/);
  });

  it('does not open without a certificate it can use', async () => {
    const { cert } = createCertificate('other');
    writeFileSync(join(folder, 'cert.pem'), cert);
    await expect(world.edge.listenTls(0)).rejects.toMatchObject({ code: 'EDGE_TLS_UNUSABLE' });
    rmSync(join(folder, 'key.pem'));
    await expect(world.edge.listenTls(0)).rejects.toMatchObject({ code: 'EDGE_TLS_UNUSABLE' });
  });
});

function metricsOf({ registry }: World): Promise<string> {
  return registry.metrics();
}
