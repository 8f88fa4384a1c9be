import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { cleanse as cleanseWith, type CleanRequest, type Hygiene } from './cleanse.ts';
import { openPolicy } from './policy.ts';

describe('hygiene', () => {
  it.each<[string, string, string]>([
    ['a dot segment', '/api/../admin', 'ambiguous-path'],
    ['an encoded dot segment', '/api/%2e%2E/admin', 'ambiguous-path'],
    ['a single dot', '/api/./trips', 'ambiguous-path'],
    ['a backslash', '/api\\trips', 'ambiguous-path'],
    ['an encoded NUL', '/api/trips%00', 'ambiguous-path'],
    ['another host in absolute form', 'http://evil.example/api', 'bad-target'],
    ['no path at all', 'api/trips', 'bad-target'],
  ])('refuses %s', (_, url, code) => {
    expect(cleanse(request({ url }))).toMatchObject({ problem: { code } });
  });

  it.each(['TRACE', 'CONNECT', 'SOURCE'])('refuses %s', (method) => {
    expect(cleanse(request({ method }))).toMatchObject({ problem: { status: 405 } });
  });

  it.each<[string, string[]]>([
    ['bad-host', ['Host', 'other.example']],
    ['repeated-header', ['Authorization', 'a', 'authorization', 'b']],
    ['repeated-header', ['Content-Type', 'a/b', 'Content-Type', 'a/c']],
  ])('answers %s to headers two readers would read differently', (code, headers) => {
    expect(cleanse(request({ headers }))).toMatchObject({ problem: { code } });
  });

  it.each<[string, string, string | undefined]>([
    ['/api/trips?next=/../x#y', '/api/trips', undefined],
    ['/api/%74rips/%C3%A9', '/api/trips/%C3%A9', undefined],
    ['/api/trips/a%2fb', '/api/trips/a%2Fb', '/api/trips/a/b'],
    ['//api/trips', '//api/trips', '/api/trips'],
    ['http://fleet.example/api/trips?x=1', '/api/trips', undefined],
    ['/api/trips#/admin', '/api/trips', undefined],
  ])('reads %s as %s and keeps the bytes', (url, path, otherPath) => {
    const clean = cleansed({ url });
    expect(clean.path).toBe(path);
    expect(clean.otherPath).toBe(otherPath);
    expect(clean.target).toBe(url.replace('http://fleet.example', ''));
  });

  it.each([0, 2])('refuses version %s of HTTP where 1 is spoken', (httpVersionMajor) => {
    expect(cleanse(Object.assign(request({}), { httpVersionMajor }))).toMatchObject({
      problem: { code: 'malformed' },
    });
  });

  it.each(['X_User_Id', 'x-user_id', 'X.User.Id', 'X_Forwarded_For', 'X_Real_IP', 'x_banyan-identity'])(
    'takes %s for what applications take it for',
    (name) => expect(cleansed({ headers: [name, 'forged', 'X_Other', 'a'] }).headers.text).not.toContain('forged'),
  );

  it.each<[string, string[]]>([
    ['coding-not-carried', ['Transfer-Encoding', 'gzip']],
    ['coding-not-carried', ['Transfer-Encoding', 'gzip', 'Transfer-Encoding', 'chunked']],
    ['malformed', ['Content-Length', '9007199254740993']],
    ['expectation-failed', ['Expect', '100-continue, coffee']],
    ['headers-too-large', Array.from({ length: 200 }, () => 'x')],
  ])('answers %s to what cannot be carried', (code, headers) => {
    expect(cleanse(request({ headers }))).toMatchObject({ problem: { code } });
  });

  it('takes an OPTIONS that may go no further, or asks about all, as a question to the edge', () => {
    const asked = (given: Parameters<typeof request>[0]): boolean =>
      cleansed({ method: 'OPTIONS', ...given }).isForEdge;
    expect(asked({ headers: ['Max-Forwards', '0'] })).toBe(true);
    expect(asked({ url: '*' })).toBe(true);
    expect(asked({ headers: ['Max-Forwards', '3'] })).toBe(false);
    expect(cleansed({ method: 'OPTIONS', headers: ['Max-Forwards', '3'] }).headers.list).toContain('2');
    expect(cleansed({ headers: ['Max-Forwards', '0'] }).isForEdge).toBe(false);
  });

  it('knows a request that has left this edge before', () => {
    const policy = openPolicy(100);
    const given = request({ headers: ['X-Banyan-Edge', `aaaa, ${policy.edgeId}`] });
    expect(cleanseWith(given, policy)).toMatchObject({ problem: { status: 508 } });
    expect(cleansed({ headers: ['X-Banyan-Edge', 'aaaa'] }).headers.list.at(-1)).toMatch(/^aaaa, [0-9a-f]{12}$/);
  });

  it('doubts a head that tries to take the framing away, and bodies where none is looked for', () => {
    const chunked = ['Transfer-Encoding', 'chunked'];
    const framing = ['Connection', 'Transfer-Encoding', ...chunked];
    expect(cleansed({ method: 'POST', headers: framing }).isDoubtful).toBe(true);
    expect(cleansed({ method: 'DELETE', headers: chunked }).isDoubtful).toBe(true);
    expect(cleansed({ method: 'GET', headers: ['Content-Length', '5'] }).isDoubtful).toBe(true);
    expect(cleansed({ method: 'POST', headers: chunked }).isDoubtful).toBe(false);
  });

  it('strips what belongs to the hop, and what a Connection list declares to', () => {
    const connection = ['Connection', 'keep-alive, X-Secret, Cookie', 'Keep-Alive', '5', 'Trailer', 'X-T'];
    const others = ['TE', 'trailers', 'Upgrade', 'h2c', 'Proxy-Authorization', 'p', 'Expect', '100-continue'];
    const clean = cleansed({ headers: [...connection, ...others, 'X-Secret', 's', 'Cookie', 'a=1', 'Accept', '*/*'] });
    expect(names(clean)).toEqual(['host', 'cookie', 'accept', ...OURS]);
  });

  it('strips every header that claims an identity or an earlier hop', () => {
    const forged = ['X-User-Id', 'X-USER-ROLE', 'x-banyan-identity', 'X-Banyan-Anything', 'Forwarded', 'X-Real-IP'];
    const hops = ['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'X-Forwarded-Port'];
    const clean = cleansed({ headers: [...forged, ...hops].flatMap((name) => [name, 'admin']) });
    expect(names(clean)).toEqual(['host', ...OURS]);
    expect(clean.headers.list.join()).not.toContain('admin');
  });

  it('joins cookie lines and keeps repeated headers in order', () => {
    const clean = cleansed({ headers: ['Cookie', 'a=1', 'X-A', '1', 'Cookie', 'b=2', 'X-A', '2'] });
    expect(clean.headers.list.slice(2, 8)).toEqual(['Cookie', 'a=1; b=2', 'X-A', '1', 'X-A', '2']);
  });

  it('remembers that an explanation was asked for', () => {
    expect(cleansed({ headers: ['X-Banyan-Explain', '1'] }).wantsExplanation).toBe(true);
    expect(cleansed({}).wantsExplanation).toBe(false);
  });
});

const OURS = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-banyan-edge'];

function cleanse(given: IncomingMessage): Hygiene {
  return cleanseWith(given, openPolicy(100));
}

function request(given: { method?: string; url?: string; headers?: string[] }): IncomingMessage {
  const rawHeaders = ['Host', 'fleet.example', ...(given.headers ?? [])];
  const cookies = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === 'cookie');
  const headers = { host: 'fleet.example', ...(cookies.length > 0 && { cookie: cookies.join('; ') }) };
  const { method = 'GET', url = '/' } = given;
  return { method, url, rawHeaders, headers, socket: { remoteAddress: '10.0.0.9' } } as unknown as IncomingMessage;
}

function cleansed(given: Parameters<typeof request>[0]): CleanRequest {
  const result = cleanse(request(given));
  if ('problem' in result) throw new Error(result.problem.code);
  return result;
}

function names(clean: CleanRequest): string[] {
  return clean.headers.list.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
}
