import { beforeEach, describe, expect, it } from '@jest/globals';
import { HeaderLines } from '../hygiene/header-lines.ts';
import { AnswerRewriter, type RewriterOptions } from './answer-rewriter.ts';
import { publicOrigin } from './public-origin.ts';

const PUBLIC = 'https://fleet.example:8443';

let referred: string[];
let leftOut: number;
beforeEach(() => {
  referred = [];
  leftOut = 0;
});

function rewriter(options: Partial<RewriterOptions> = {}): AnswerRewriter {
  return new AnswerRewriter({
    origins: ['http://legacy.internal:8080', 'http://10.0.0.7'],
    references: 'rewrite',
    foreignCookies: new Set(),
    referred: (header) => referred.push(header),
    leftOut: () => leftOut++,
    ...options,
  });
}

function rewritten(name: string, value: string, options: Partial<RewriterOptions> = {}): string | undefined {
  return rewriter(options).rewrite(HeaderLines.ofList([name, value]), () => PUBLIC).list[1];
}

describe('an answer that names its own target', () => {
  it.each([
    [
      'an address with its port',
      'http://legacy.internal:8080/next?a=http://legacy.internal:8080/',
      '/next?a=http://legacy.internal:8080/',
    ],
    ['another spelling of it', 'HTTP://Legacy.Internal:8080/Next', '/Next'],
    ['no path', 'http://legacy.internal:8080', ''],
    ['no scheme', '//legacy.internal:8080/next', '/next'],
    ['the usual port, written out', 'http://10.0.0.7:80/next#part', '/next#part'],
  ])('case 111: sends clients to the public host and port: %s', (_, location, rest) => {
    expect(rewritten('Location', location)).toBe(`${PUBLIC}${rest}`);
    expect(referred).toEqual(['location']);
  });

  it.each([
    ['a path', '/next'],
    ['another port', 'http://legacy.internal:9090/next'],
    ['another scheme', 'https://legacy.internal:8080/next'],
    ['another host that begins the same', 'http://legacy.internal:8080.evil.example/'],
    ['somebody else in front of an @', 'http://legacy.internal:8080@evil.example/'],
    ['a foreign address', 'https://pay.example/checkout?back=http://10.0.0.7/'],
    ['an empty value', ''],
    ['no address at all', 'javascript:alert(1)'],
  ])('is left as it is for %s', (_, location) => {
    expect(rewritten('Location', location)).toBe(location);
    expect(referred).toEqual([]);
  });

  it.each([
    ['Content-Location', 'http://10.0.0.7/trips/7', `${PUBLIC}/trips/7`],
    ['Refresh', '5; url=http://10.0.0.7/next', `5; url=${PUBLIC}/next`],
    ['Refresh', '0;URL="http://10.0.0.7/next"', `0;URL="${PUBLIC}/next"`],
    ['Refresh', '30', '30'],
    ['Link', '<http://10.0.0.7/a>; rel="next", </b>; rel=prev', `<${PUBLIC}/a>; rel="next", </b>; rel=prev`],
    ['X-Other', 'http://10.0.0.7/', 'http://10.0.0.7/'],
  ])('case 112: %s: %s', (name, value, expected) => {
    expect(rewritten(name, value)).toBe(expected);
  });

  it('case 112: is only counted in report mode', () => {
    expect(rewritten('Location', 'http://10.0.0.7/next', { references: 'report' })).toBe('http://10.0.0.7/next');
    expect(referred).toEqual(['location']);
  });

  it('keeps the order and repetition of everything else', () => {
    const lines = ['A', '1', 'Location', 'http://10.0.0.7/', 'a', '2', 'Link', '</x>'];
    const { list } = rewriter().rewrite(HeaderLines.ofList(lines), () => PUBLIC);
    expect(list).toEqual(['A', '1', 'Location', `${PUBLIC}/`, 'a', '2', 'Link', '</x>']);
  });
});

describe('a cookie of a target', () => {
  const cookieDomains = { 'legacy.internal': 'fleet.example', 'gone.internal': '' };
  const cookiePaths = { '/fleet': '/', '/fleet/admin': '/backoffice', '/': '/app' };

  it.each([
    ['a=1; Domain=legacy.internal', 'a=1; Domain=fleet.example'],
    ['a=1; domain=.LEGACY.internal; Secure', 'a=1; Domain=fleet.example; Secure'],
    ['a=1; Domain=legacy.internal:8080', 'a=1; Domain=fleet.example'],
    ['a=1; Domain=gone.internal; HttpOnly', 'a=1; HttpOnly'],
    ['a=1; Domain=10.0.0.7', 'a=1'],
    ['a=1; Domain=other.example', 'a=1; Domain=other.example'],
    ['a="x;y"=z; Path=/elsewhere', 'a="x;y"=z; Path=/app/elsewhere'],
    ['a=1; Path=/fleet', 'a=1; Path=/'],
    ['a=1; Path=/fleet/trips', 'a=1; Path=/trips'],
    ['a=1; Path=/fleet/admin/x; Max-Age=5', 'a=1; Path=/backoffice/x; Max-Age=5'],
    ['a=1; Path=/fleetwide', 'a=1; Path=/app/fleetwide'],
    ['a=Domain=legacy.internal', 'a=Domain=legacy.internal'],
  ])('case 113: %s becomes %s', (line, expected) => {
    expect(rewritten('Set-Cookie', line, { cookieDomains, cookiePaths })).toBe(expected);
  });

  it('case 114: is left out when somebody else owns it, in any mode', () => {
    const foreign = { foreignCookies: new Set(['fleet_session']), references: undefined };
    const lines = ['Set-Cookie', 'fleet_session=; Max-Age=0', 'set-cookie', 'cart=1', 'SET-COOKIE', 'fleet_session2=1'];
    const { list } = rewriter(foreign).rewrite(HeaderLines.ofList(lines), () => PUBLIC);
    expect(list).toEqual(['set-cookie', 'cart=1', 'SET-COOKIE', 'fleet_session2=1']);
    expect(leftOut).toBe(1);
  });
});

describe('where a client thinks it is', () => {
  it.each([
    [['X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'fleet.example:8080'], 'http://fleet.example:8080'],
    [['X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'fleet.example'], 'https://fleet.example'],
    [['x-forwarded-proto', 'https, http', 'X-Forwarded-Host', 'a.example, b'], 'https://a.example'],
    [['X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'a', 'X-Forwarded-Port', '8443'], 'https://a:8443'],
    [['X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'a', 'X-Forwarded-Port', '443'], 'https://a'],
    [['X-Forwarded-Proto', 'http', 'X-Forwarded-Host', '[::1]:81', 'X-Forwarded-Port', '80'], 'http://[::1]:81'],
  ])('is read from %j: %s', (headers, expected) => {
    expect(publicOrigin(headers)).toBe(expected);
  });
});
