import { createServer, type IncomingMessage } from 'node:http';
import { duplexPair } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../shared/index.ts';
import { readPlainHead } from './plain-head.ts';
import { PlainRequest } from './plain-request.ts';

const HEAD = 'GET /api/trips?limit=2 HTTP/1.1\r\nHost: fleet\r\nCookie: a=1; b=2\r\nX-Name: \xe9 \t\r\n\r\n';

function read(text: string, maxHeaderBytes = 16_384) {
  return readPlainHead(Buffer.from(text, 'latin1'), { maxHeaderBytes, maxHeaders: 20 });
}

describe('the head of a common request', () => {
  it('is read as it came', () => {
    expect(read(HEAD)).toMatchObject({
      method: 'GET',
      url: '/api/trips?limit=2',
      host: 'fleet',
      cookie: 'a=1; b=2',
      bodyBytes: 0,
      end: HEAD.length,
    });
    expect(read(HEAD)?.headers.list).toEqual(['Host', 'fleet', 'Cookie', 'a=1; b=2', 'X-Name', '\xe9']);
  });

  it('tells how long its body is and where it begins', () => {
    const head = 'POST /a HTTP/1.1\r\nHost: f\r\nContent-Length: 5\r\n\r\n';
    expect(read(`${head}helloGET`)).toMatchObject({ method: 'POST', bodyBytes: 5, end: head.length });
  });

  it('passes without what belongs to the hop or speaks of identity', () => {
    const head = read('GET /a HTTP/1.1\r\nX-User-Id: 1\r\nHost: f\r\nTE: x\r\nA: 1\r\nKeep-Alive: 5\r\n\r\n');
    expect(head?.headers.text).toBe('Host: f\r\nA: 1\r\n');
  });

  it.each<[string, string[]]>([
    ['repeated-header', ['Host: f', 'Authorization: a', 'authorization: b']],
    ['bad-host', ['Accept: */*']],
  ])('says %s of what nobody should carry', (code, lines) => {
    expect(read(`GET / HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)?.fault?.code).toBe(code);
  });

  it.each([
    ['two hosts', 'GET / HTTP/1.1\r\nHost: f\r\nHost: g\r\n\r\n'],
    ['two cookie lines', 'GET / HTTP/1.1\r\nHost: f\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n'],
    ['very many lines', `GET / HTTP/1.1\r\nHost: f\r\n${'A: 1\r\n'.repeat(20)}\r\n`],
    ['a head that has not arrived whole', 'GET / HTTP/1.1\r\nHost: f\r\n'],
    ['HTTP/1.0', 'GET / HTTP/1.0\r\nHost: f\r\n\r\n'],
    ['HTTP/1.2', 'GET / HTTP/1.2\r\nHost: f\r\n\r\n'],
    ['a method that is not common', 'PROPFIND / HTTP/1.1\r\nHost: f\r\n\r\n'],
    ['two spaces', 'GET  / HTTP/1.1\r\nHost: f\r\n\r\n'],
    ['an absolute target', 'GET http://f/ HTTP/1.1\r\nHost: f\r\n\r\n'],
    ['a target with other than ASCII', 'GET /\xe9 HTTP/1.1\r\nHost: f\r\n\r\n'],
    ['an empty line in front', '\r\nGET / HTTP/1.1\r\nHost: f\r\n\r\n'],
    ['a bare line feed', 'GET / HTTP/1.1\nHost: f\r\n\r\n'],
    ['a bare line feed in a value', 'GET / HTTP/1.1\r\nHost: f\r\nA: b\nC: d\r\n\r\n'],
    ['a bare carriage return', 'GET / HTTP/1.1\r\nHost: f\r\nA: b\rC: d\r\n\r\n'],
    ['a NUL', 'GET / HTTP/1.1\r\nHost: f\r\nA: b\0c\r\n\r\n'],
    ['a vertical tab in a value', 'GET / HTTP/1.1\r\nHost: f\r\nA: b\vc\r\n\r\n'],
    ['a folded line', 'GET / HTTP/1.1\r\nHost: f\r\nA: b\r\n c\r\n\r\n'],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost: f\r\nA : b\r\n\r\n'],
    ['a line without a colon', 'GET / HTTP/1.1\r\nHost: f\r\nAb\r\n\r\n'],
    ['a header without a name', 'GET / HTTP/1.1\r\nHost: f\r\n: b\r\n\r\n'],
    ['a name that is no token', 'GET / HTTP/1.1\r\nHost: f\r\nA(b: c\r\n\r\n'],
    ['chunks', 'POST / HTTP/1.1\r\nHost: f\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['chunks, spelled otherwise', 'POST / HTTP/1.1\r\nHost: f\r\ntransfer-ENCODING: x\r\n\r\n'],
    ['an upgrade', 'GET / HTTP/1.1\r\nHost: f\r\nUpgrade: websocket\r\n\r\n'],
    ['an expectation', 'POST / HTTP/1.1\r\nHost: f\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab'],
    ['a connection that closes', 'GET / HTTP/1.1\r\nHost: f\r\nConnection: close\r\n\r\n'],
    ['a connection that lists headers', 'GET / HTTP/1.1\r\nHost: f\r\nConnection: keep-alive, cookie\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: f\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab'],
    ...['+2', '02', '0x2', '-1', '2,2', '2 2', '', '65537', '18446744073709551616'].map((length) => [
      `a length of "${length}"`,
      `POST / HTTP/1.1\r\nHost: f\r\nContent-Length: ${length}\r\n\r\nab`,
    ]),
  ])('is left to the full parser with %s', (_what, text) => {
    expect(read(text)).toBeUndefined();
  });

  it('is left to the full parser when it is longer than allowed', () => {
    expect(read(HEAD, HEAD.length - 5)).toBeUndefined();
  });
});

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** What Node's own server makes of the same bytes; undefined when it sees no whole request. */
async function seenByNode(text: string): Promise<Seen | undefined> {
  const seen: Seen[] = [];
  const server = createServer((request: IncomingMessage) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => {
      const { method, url, rawHeaders } = request;
      seen.push({ method, url, rawHeaders, body: Buffer.concat(chunks).toString('latin1') });
    });
  });
  server.on('clientError', () => undefined); // Bytes behind the request are none of its business.
  const [client, end] = duplexPair();
  server.emit('connection', end);
  client.write(Buffer.from(text, 'latin1'));
  for (let turn = 0; turn < 20 && seen.length === 0; turn++) await new Promise((resolve) => setImmediate(resolve));
  end.destroy();
  client.destroy();
  return seen[0];
}

const PIECES = [
  'GET / HTTP/1.1\r\n',
  'POST /a%2Fb?x=1#f HTTP/1.1\r\n',
  'HEAD /;v=1 HTTP/1.1\r\n',
  'Host: fleet\r\n',
  'host:fleet\r\n',
  'Content-Length: 2\r\n',
  'content-length:0\r\n',
  'Connection: keep-alive\r\n',
  'Cookie:   a=1 \r\n',
  'X-A: \xff\x80\t!\r\n',
  'Transfer-Encoding: chunked\r\n',
  '\r\n',
  'ab',
  '0\r\n\r\n',
  ' ',
  '\r',
  '\n',
  '\0',
  ':',
];

/** Requests put together from pieces that fit more often than not. */
function randomRequest(random: () => number): string {
  const pick = (from: number, to: number): string => PIECES[from + Math.floor(random() * (to - from))] ?? '';
  const headers = Array.from({ length: Math.floor(random() * 4) }, () => pick(3, random() < 0.9 ? 11 : PIECES.length));
  return `${pick(0, 3)}${random() < 0.9 ? 'Host: f\r\n' : ''}${headers.join('')}\r\n${random() < 0.5 ? 'ab' : ''}`;
}

describe('whatever is taken for a common request', () => {
  it('is the same request to the full parser', async () => {
    const random = seededRandom(20_261_121);
    let taken = 0;
    for (let round = 0; round < 1500; round++) {
      const text = randomRequest(random);
      const head = read(text);
      if (head === undefined || head.end + head.bodyBytes > text.length) continue;
      const { method, url, bodyBytes, end, host } = head;
      const { rawHeaders } = new PlainRequest(head, undefined, {});
      const body = text.slice(end, end + bodyBytes);
      if (host !== undefined) expect(await seenByNode(text)).toEqual({ method, url, rawHeaders, body });
      taken++;
    }
    expect(taken).toBeGreaterThan(300);
  });
});
