import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createCertificate } from '../../testing/certificate.fixture.ts';
import { answerWith, OK, openUpstream, type RawUpstream } from '../../testing/raw-http.fixture.ts';
import { Target } from '../../targets/target.ts';
import type { Mirrored } from '../mirrored.ts';
import { Asker } from './asker.ts';
import { MemoryAccount } from './memory-account.ts';

const GENEROUS = { concurrency: 8, maxBytes: 1_000, timeoutMs: 60_000 };
const CHUNKED = 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nabc\n2\nde\n0\n\n';

let account: MemoryAccount;
let asker: Asker;
let upstream: RawUpstream;

beforeEach(() => {
  account = new MemoryAccount(1_000_000);
  asker = new Asker({ limits: GENEROUS, lookup: undefined });
});
afterEach(async () => {
  await asker.close();
  await upstream.close();
});

describe('a question', () => {
  it('is asked as the read was, without what would change the answer, and tells the candidate who asks', async () => {
    upstream = await openUpstream(answerWith(OK));
    expect(await ask(upstream.url)).toMatchObject({ status: 200, body: Buffer.from('ok') });
    expect(upstream.requests).toEqual([
      'GET /a?b=1 HTTP/1.1\r\nHost: fleet\r\nx-banyan-identity: who\r\nx-banyan-shadow: 1\r\n\r\n',
    ]);
  });

  it('tells the candidate anew who asks, each time: what was known of a read is too old when it is asked again', async () => {
    upstream = await openUpstream(answerWith(OK));
    const tokens = ['first', 'second'];
    await ask(upstream.url, () => tokens.shift());
    await ask(upstream.url, () => tokens.shift());
    expect(upstream.requests.map((text) => /identity: (\w+)/.exec(text)?.[1])).toEqual(['first', 'second']);
  });

  it('has its answer whole, however it is framed, and over one connection', async () => {
    upstream = await openUpstream((socket, request, count) =>
      answerWith(count === 1 ? CHUNKED : OK)(socket, request, count),
    );
    expect(String(((await ask(upstream.url)) as { body: Buffer }).body)).toBe('abcde');
    expect(String(((await ask(upstream.url)) as { body: Buffer }).body)).toBe('ok');
    expect(upstream.closedByPeer()).toBe(0);
  });

  it('is asked once more when the kept connection it went over had died', async () => {
    upstream = await openUpstream((socket, request, count) => {
      if (count === 2) return void socket.destroy();
      answerWith(OK)(socket, request, count);
    });
    await ask(upstream.url);
    expect(await ask(upstream.url)).toMatchObject({ status: 200 });
    expect(upstream.requests).toHaveLength(3);
  });

  it.each<[string, string, string]>([
    ['breaks off', 'HTTP/1.1 200 OK\nContent-Length: 9\nConnection: close\n\nok', 'unanswered'],
    ['is no HTTP', 'garbage\n\n', 'unanswered'],
    ['is larger than may be kept', `HTTP/1.1 200 OK\nContent-Length: 1001\n\n${'x'.repeat(1001)}`, 'too-large'],
    ['never ends', `HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5dc\n${'x'.repeat(1500)}`, 'too-large'],
  ])('has no answer when that %s', async (_, text, why) => {
    upstream = await openUpstream((socket, request, count) => {
      answerWith(text)(socket, request, count);
      if (why === 'unanswered') socket.end();
    });
    expect(await ask(upstream.url)).toBe(why);
  });

  it('invariant 6: keeps nothing when there is no room for it, and waits no longer than it may', async () => {
    account = new MemoryAccount(1);
    upstream = await openUpstream((socket, request, count) => {
      if (count === 1) answerWith(OK)(socket, request, count);
    });
    expect(await ask(upstream.url)).toBe('too-large');
    asker = new Asker({ limits: { ...GENEROUS, timeoutMs: 20 }, lookup: undefined });
    expect(await ask(upstream.url)).toBe('timeout');
  });

  it('goes over TLS where the candidate is', async () => {
    upstream = await openUpstream(answerWith(OK));
    const own = createCertificate('fleet'); // Of the host that was asked for.
    const server = createServer(own, (_, response) => void response.end('sealed')).listen(0, 'localhost');
    await once(server, 'listening');
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, own.cert]);
    try {
      const { port } = server.address() as AddressInfo;
      expect(await ask(`https://localhost:${port}`)).toMatchObject({ status: 200, body: Buffer.from('sealed') });
    } finally {
      setDefaultCACertificates(before);
      await asker.close();
      server.close();
    }
  });
});

async function ask(url: string, identity: Mirrored['identity'] = () => 'who'): Promise<unknown> {
  const candidate = new Target({ side: 'service', name: 'trips' }, [{ url, weight: 1 }]);
  const control = new Target({ side: 'legacy', name: 'legacy' }, [{ url, weight: 1 }]);
  const headers = ['Host', 'fleet', 'Accept-Encoding', 'gzip', 'If-None-Match', '"x"'];
  const of = { control, candidate, route: 'GET /a', subject: 's', controlMs: 1 };
  const read: Mirrored = { ...of, method: 'GET', path: '/a?b=1', headers, identity };
  return (await asker.askCandidate(read, account.lease())).answer;
}
