import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../shared/index.ts';
import type { Endpoint, Forwarder, ForwardLimits, ForwardOutcome } from './forwarder.ts';
import { cleanse } from '../hygiene/cleanse.ts';
import type { Clearance } from '../markers/mark-exchange.ts';
import { openPolicy } from '../hygiene/policy.ts';
import { answerWith, looksComplete, OK, openUpstream, talk, type RawUpstream } from '../testing/raw-http.fixture.ts';

const LIMITS: ForwardLimits = {
  connectMs: 500,
  firstByteMs: 10_000,
  totalMs: 30_000,
  bodyGraceMs: 10_000,
  minBodyBytesPerS: 500,
  connections: 4,
  queue: 4,
  maxAnswerHeadBytes: 65_536,
};

/** The promises of the Forwarder port, checked with raw sockets on both ends. */
export function describeForwarder(name: string, create: (limits: ForwardLimits) => Forwarder): void {
  describe(`${name}, as a forwarder,`, () => {
    let forwarder: Forwarder;
    let front: Front;
    let upstream: RawUpstream | undefined;
    beforeEach(async () => {
      forwarder = create(LIMITS);
      front = await openFront(forwarder);
    });
    afterEach(async () => {
      await forwarder.close();
      await front.close();
      await upstream?.close();
    });

    async function behind(script: Parameters<typeof openUpstream>[0]): Promise<RawUpstream> {
      upstream = await openUpstream(script);
      front.endpoint = { side: 'service', name: 'trips', url: upstream.url };
      return upstream;
    }

    it('carries head and body both ways and keeps the connection', async () => {
      const { requests } = await behind(answerWith(OK));
      const post = 'POST /a?b=c HTTP/1.1\nHost: fleet\nContent-Type: text/x\nContent-Length: 5\n\nhello';
      const { text, end } = await talk(front.port, post);
      expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(text).toMatch(/\r\n\r\nok$/);
      expect(end).toBe('open');
      expect(requests[0]).toMatch(/^POST \/a\?b=c HTTP\/1\.1\r\n/);
      expect(requests[0]).toMatch(/\r\nhost: fleet\r\n/i);
      expect(requests[0]).toMatch(/\r\n\r\nhello$/);
      expect(await front.outcomes.at(0)).toEqual({ kind: 'answered', status: 200 });
    });

    it('streams a body without a length', async () => {
      const { requests } = await behind((socket, text) => {
        if (text.includes('hello')) socket.write(OK.replaceAll('\n', '\r\n'));
        else socket.once('data', () => socket.write(OK.replaceAll('\n', '\r\n')));
      });
      const head = 'POST /a HTTP/1.1\nHost: fleet\nTransfer-Encoding: chunked\n\n';
      const { text } = await talk(front.port, `${head}5\nhello\n0\n\n`);
      expect(text).toContain('200 OK');
      expect(requests[0]).toMatch(/transfer-encoding: chunked|content-length: 5/i);
      expect(requests[0]).toContain('hello');
    });

    it('cuts a body off that turns out larger than it may be, and says whose fault it is', async () => {
      const { requests, closedByPeer } = await behind(() => undefined);
      front.maxBodyBytes = 200_000;
      const chunk = `8000\n${'x'.repeat(0x8000)}\n`;
      const head = 'POST /a HTTP/1.1\nHost: fleet\nTransfer-Encoding: chunked\n\n';
      await talk(front.port, head + chunk.repeat(12), { quietMs: 200 });
      expect(await front.outcomes.at(0)).toMatchObject({ kind: 'failed', failure: 'too-large' });
      expect(await waitUntil(() => closedByPeer() === 1, { budgetMs: 20_000 })).toBe(true);
      expect(requests.join('')).not.toMatch(/0\r\n\r\n$/);
    });

    it('keeps nothing for an endpoint that nobody asks any more', async () => {
      await behind((socket) => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'));
      await talk(front.port, GET);
      const connected = (): number => forwarder.pools().reduce((sum, { busy, free }) => sum + busy + free, 0);
      expect(await waitUntil(() => connected() === 0, { budgetMs: 20_000 })).toBe(true);
      await upstream?.close();
      const { url } = await behind(answerWith(OK));
      front.endpoint = { side: 'service', name: 'other', url };
      await talk(front.port, GET);
      const targets = (): string[] => forwarder.pools().map(({ target }) => target);
      expect(await waitUntil(() => !targets().includes('trips'), { budgetMs: 20_000 })).toBe(true);
    });

    it('removes what belongs to the hop from the answer', async () => {
      const hop =
        'Connection: X-Internal, keep-alive\nX-Internal: 1\nKeep-Alive: timeout=9\nProxy-Authenticate: Basic\n';
      await behind(answerWith(`HTTP/1.1 200 Fine\n${hop}Trailer: X-T\nX-Kept: 1\nContent-Length: 2\n\nok`));
      const { text } = await talk(front.port, GET);
      expect(text).toMatch(/^HTTP\/1\.1 200 Fine\r\n/);
      expect(text).toMatch(/x-kept: 1/i);
      expect(text).not.toMatch(/x-internal|proxy-auth|timeout=9|x-t/i);
    });

    it("keeps order and repetition of the answer's headers", async () => {
      const lines = 'Set-Cookie: a=1\nLink: </a>\nSet-Cookie: b=2\nLink: </b>\nX-Name: \xe9\n';
      await behind(answerWith(`HTTP/1.1 200 OK\n${lines}Content-Length: 2\n\nok`));
      const { text } = await talk(front.port, GET);
      expect(text).toContain(lines.replaceAll('\n', '\r\n'));
    });

    it.each<[string, string]>([
      ['a chunked answer', 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nhello\n'],
      ['an answer of announced length', 'HTTP/1.1 200 OK\nContent-Length: 10\n\nhello'],
    ])('invariant 9: never lets %s that is reset look complete', async (_, text) => {
      await behind((socket, request, count) => {
        answerWith(text)(socket, request, count);
        setTimeout(() => socket.resetAndDestroy(), 30);
      });
      const answer = await talk(front.port, GET, { quietMs: 400 });
      expect(answer.text).toContain('hello');
      expect(looksComplete(answer.text)).toBe(false);
      expect(answer.text).not.toMatch(/error/i);
      expect(answer.end).not.toBe('open');
      expect(await front.outcomes.at(0)).toMatchObject({ kind: 'truncated' });
    });

    it('invariant 9: never lets an answer that ends in mid-chunk look complete', async () => {
      await behind((socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhello'));
      const answer = await talk(front.port, GET, { quietMs: 400 });
      expect(looksComplete(answer.text)).toBe(false);
      expect(answer.end).not.toBe('open');
    });

    it('invariant 9: never sends a write twice', async () => {
      const { requests } = await behind((socket, _request, count) => {
        if (count === 1) socket.write(OK.replaceAll('\n', '\r\n'));
        else socket.resetAndDestroy();
      });
      const post = 'POST /a HTTP/1.1\nHost: fleet\nContent-Length: 0\n\n';
      await talk(front.port, post);
      await talk(front.port, post, { quietMs: 400 });
      expect(requests).toHaveLength(2);
      expect(await front.outcomes.at(1)).toEqual({ kind: 'failed', failure: 'reset', sent: true });
    });

    it('repeats a read once when a used connection dies before any answer', async () => {
      const { requests } = await behind((socket, _request, count) => {
        if (count === 2) socket.resetAndDestroy();
        else socket.write(OK.replaceAll('\n', '\r\n'));
      });
      await talk(front.port, GET);
      expect((await talk(front.port, GET)).text).toContain('200 OK');
      expect(requests).toHaveLength(3);
    });

    it('tells a refused connection', async () => {
      const gone = await openUpstream(() => undefined);
      await gone.close();
      front.endpoint = { side: 'service', name: 'trips', url: gone.url };
      await talk(front.port, GET);
      expect(await front.outcomes.at(0)).toEqual({ kind: 'failed', failure: 'refused', sent: false });
    });

    it('tells a target that never answers', async () => {
      await behind(() => undefined);
      front.deadlineMs = 300;
      await talk(front.port, GET);
      expect(await front.outcomes.at(0)).toMatchObject({ kind: 'failed', failure: 'timeout', sent: true });
    });

    it('cuts an answer that trickles past the total deadline', async () => {
      await behind((socket) => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        const trickle = setInterval(() => socket.write('1\r\nx\r\n'), 50);
        socket.on('close', () => clearInterval(trickle));
      });
      front.deadlineMs = 400;
      const answer = await talk(front.port, GET, { quietMs: 1500 });
      expect(answer.end).not.toBe('open');
      expect(looksComplete(answer.text)).toBe(false);
    });

    it.each<[string, string]>([
      ['garbage', 'I am no HTTP\n\n'],
      ['an unasked 101', 'HTTP/1.1 101 Switching\nConnection: Upgrade\nUpgrade: x\n\n'],
    ])('tells a target that answers %s', async (_, text) => {
      await behind(answerWith(text));
      await talk(front.port, GET);
      expect(await front.outcomes.at(0)).toMatchObject({ kind: 'failed' });
    });

    it('frames an answer anew that only ends with its connection', async () => {
      await behind((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nhello'));
      const answer = await talk(front.port, GET);
      expect(answer.text).toContain('hello');
      expect(looksComplete(answer.text)).toBe(true);
      expect(await front.outcomes.at(0)).toEqual({ kind: 'answered', status: 200 });
    });

    it('holds a large answer back while the client does not read, and loses none of it', async () => {
      const big = Buffer.alloc(24_000_000, 'abcdefghijklmnopqrstuvwxyz');
      front.deadlineMs = 20_000; // Of the machine's load this test should know nothing.
      let sent = 0;
      await behind((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${big.length}\r\n\r\n`);
        const step = (): void => {
          for (let free = true; free && sent < big.length; sent += 65_536)
            free = socket.write(big.subarray(sent, sent + 65_536));
        };
        socket.on('drain', step);
        step();
      });
      front.deadlineMs = 30_000;
      const client = connect(front.port, '127.0.0.1');
      client.write(GET.replaceAll('\n', '\r\n'));
      await once(client, 'readable');
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(sent).toBeLessThan(big.length - 1_000_000);
      const chunks: Buffer[] = [];
      client.on('data', (chunk) => chunks.push(chunk));
      const received = (): number => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      await waitUntil(() => received() > big.length, { budgetMs: 20_000, everyMs: 10 });
      client.destroy();
      expect(Buffer.concat(chunks).subarray(-big.length).equals(big)).toBe(true);
    });

    it('leaves the target when the client leaves', async () => {
      const { closedByPeer, requests } = await behind(() => undefined);
      const client = connect(front.port, '127.0.0.1');
      client.write(GET.replaceAll('\n', '\r\n'));
      await waitUntil(() => requests.length === 1, { budgetMs: 20_000 });
      client.destroy();
      expect(await waitUntil(() => closedByPeer() === 1, { budgetMs: 20_000 })).toBe(true);
      expect(await front.outcomes.at(0)).toEqual({ kind: 'client-gone' });
    });

    it('survives a Trailer header on a request without a body', async () => {
      await behind(answerWith(OK));
      const { text } = await talk(front.port, 'GET / HTTP/1.1\nHost: fleet\nTrailer: X-Foo\n\n');
      expect(text).toContain('200 OK');
    });

    it('relays the bodiless answers and HEAD as they are', async () => {
      await behind((socket, request) => {
        const status = request.startsWith('HEAD') ? '200 OK\r\nContent-Length: 99' : '304 Not Modified\r\nETag: "x"';
        socket.write(`HTTP/1.1 ${status}\r\n\r\n`);
      });
      expect((await talk(front.port, GET)).text).toMatch(/^HTTP\/1\.1 304 [\s\S]*etag: "x"[\s\S]*\r\n\r\n$/i);
      expect((await talk(front.port, GET.replace('GET', 'HEAD'))).text).toMatch(
        /content-length: 99\r\n[\s\S]*\r\n\r\n$/i,
      );
    });

    it.each([
      ['small', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', /\r\n\r\nok$/],
      ['empty', 'HTTP/1.1 204 No Content\n\n', /^HTTP\/1\.1 204 /],
      ['large', `HTTP/1.1 200 OK\nContent-Length: 200000\n\n${'x'.repeat(200_000)}`, /x{200000}$/],
      ['chunked', `HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\n`, /hello[\s\S]*0\r\n\r\n$/],
    ])('gives no byte of a %s answer before its clearance, and all of it then', async (_, answer, whole) => {
      await behind(answerWith(answer));
      const gate = new Gate();
      front.clearance = gate;
      const talking = talk(front.port, GET, { quietMs: 250 });
      await waitUntil(() => front.responses.length === 1, { budgetMs: 20_000 });
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(front.responses[0]?.headersSent).toBe(false);
      gate.open();
      expect((await talking).text).toMatch(whole);
      expect(await front.outcomes[0]).toMatchObject({ kind: 'answered' });
    });

    it('has failed, with nothing given, when an answer breaks off before its clearance', async () => {
      await behind((socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\nhel');
        setTimeout(() => socket.destroy(), 20);
      });
      front.clearance = new Gate();
      setTimeout(() => front.clearance?.open(), 100);
      expect((await talk(front.port, GET)).text).not.toContain('hel');
    });
  });
}

const POLICY = openPolicy(100);
const GET = 'GET / HTTP/1.1\nHost: fleet\n\n';

interface Front {
  readonly port: number;
  readonly outcomes: Promise<ForwardOutcome>[];
  readonly responses: ServerResponse[];
  endpoint: Endpoint | undefined;
  deadlineMs: number | undefined;
  maxBodyBytes: number;
  clearance: Gate | undefined;
  close(): Promise<void>;
}

/** A clearance in the hand of the test. */
class Gate implements Clearance {
  isClear = false;
  readonly #listeners: (() => void)[] = [];

  onClear(listener: () => void): void {
    this.#listeners.push(listener);
  }

  open(): void {
    this.isClear = true;
    for (const listener of this.#listeners) listener();
  }
}

/** The least that stands before a forwarder: hygiene, and a plain 500 where it has failed. */
async function openFront(forwarder: Forwarder): Promise<Front> {
  const outcomes: Promise<ForwardOutcome>[] = [];
  const responses: ServerResponse[] = [];
  const front: Front = {
    port: 0,
    outcomes,
    responses,
    endpoint: undefined,
    deadlineMs: undefined,
    maxBodyBytes: Number.POSITIVE_INFINITY,
    clearance: undefined,
    close: () => closed(server),
  };
  const server = createServer((request, response) => {
    const clean = cleanse(request, POLICY);
    if ('problem' in clean || !front.endpoint) return void response.writeHead(500).end();
    const { endpoint, deadlineMs, clearance } = front;
    responses.push(response);
    const job = { ...clean, request, response, endpoint, method: request.method ?? '', path: clean.target };
    const nothing = {
      answers: undefined,
      origin: undefined,
      documentPath: '/',
      publicOrigin: () => '',
      extraHeaders: undefined,
      tap: undefined,
      deadlineMs,
      maxBodyBytes: front.maxBodyBytes,
      clearance,
    };
    const outcome = forwarder.forward({ ...job, ...nothing, headAt: 0, requestBytes: 0, answerBytes: 0, retries: 0 });
    outcomes.push(outcome);
    void outcome.then(({ kind }) => kind === 'failed' && response.writeHead(500).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(front, { port: (server.address() as AddressInfo).port });
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
