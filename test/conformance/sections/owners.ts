import { as, owned, wentTo } from '../../../edge/testing/edge.fixture.ts';
import { talk, type Bench } from '../bench.ts';
import type { Case } from '../case.ts';
import { tellEach } from '../tell.ts';
import { valuesOf } from '../wire/message.ts';
import { answer } from '../wire/target.ts';

const GET = 'GET / HTTP/1.1\nHost: pub.example:8443\n\n';

/** Section F: what the two sides say of themselves, and to whom it belongs. */
export const ownerCases: readonly Case[] = [
  {
    number: 111,
    sends: 'an answer with Location: http://<the target>/next, to a client of pub.example:8443',
    expects: 'http://pub.example:8443/next',
    edge: { references: 'rewrite' },
    probe: (bench) => heard(bench, `Location: ${bench.target.url}/next`, 'location'),
  },
  {
    number: 112,
    sends: 'Content-Location, Refresh and Link that name the target, and its address in a body',
    expects:
      'content-location: http://pub.example:8443/a | refresh: 5; url=http://pub.example:8443/b | ' +
      'link: <http://pub.example:8443/c>; rel=next | the body as it was',
    edge: { references: 'rewrite' },
    probe: async (bench) => {
      const { url } = bench.target;
      const lines = [`Content-Location: ${url}/a`, `Refresh: 5; url=${url}/b`, `Link: <${url}/c>; rel=next`];
      bench.target.atEnd = answer(`HTTP/1.1 200 OK\n${lines.join('\n')}\nContent-Length: ${url.length}\n\n${url}`);
      const [seen] = (await talk(bench, GET)).answers;
      if (!seen) return 'no answer';
      const names = ['content-location', 'refresh', 'link'];
      const told = names.map((name) => `${name}: ${valuesOf(seen, name).join(', ')}`);
      return [...told, seen.body.toString() === url ? 'the body as it was' : 'another body'].join(' | ');
    },
  },
  {
    number: 113,
    sends: 'cookies with Domain=127.0.0.1, Domain=.legacy.internal and Path=/fleet/trips',
    expects: 'a=1 | b=2; Domain=pub.example | c=3; Path=/trips; HttpOnly',
    edge: {
      references: 'rewrite',
      answers: { legacy: { cookieDomains: { 'legacy.internal': 'pub.example' }, cookiePaths: { '/fleet': '/' } } },
    },
    probe: (bench) => {
      const cookies = ['a=1; Domain=127.0.0.1', 'b=2; Domain=.legacy.internal', 'c=3; Path=/fleet/trips; HttpOnly'];
      return heard(bench, cookies.map((cookie) => `Set-Cookie: ${cookie}`).join('\n'), 'set-cookie');
    },
  },
  {
    number: 114,
    sends: 'a cookie of legacy, set by both sides',
    expects: 'legacy: cart=1 | service: none',
    edge: { cookieOwners: { cart: 'legacy' } },
    isOfEdge: true,
    probe: async (bench) => {
      const world = bench.world();
      world.state = owned();
      world.service.answer = (_request, response) => void response.setHeader('Set-Cookie', 'cart=1').end();
      bench.target.atEnd = answer('HTTP/1.1 200 OK\nSet-Cookie: cart=1\nContent-Length: 0\n\n');
      return tellEach(bench, { legacy: '/elsewhere', service: '/api/trips/7' }, async (_, path) => {
        const cookies = (await world.get(path, as('7'))).headers.getSetCookie();
        return cookies.length === 0 ? 'none' : cookies.join(' | ');
      });
    },
  },
  {
    number: 115,
    sends: 'a form read from the service, and posted with its token while legacy owns the rows',
    expects: 'form: service exposed | post: legacy legacy-owns-writes, the token as it was',
    isOfEdge: true,
    probe: async (bench) => {
      const world = bench.world();
      const form = await world.get('/api/trips/7', as('7'));
      const posted = await world.post('/api/trips', { ...as('7'), 'x-csrf-token': 'of the service' });
      const isKept = bench.target.requests.some(({ raw }) => /^x-csrf-token: of the service\r$/im.test(raw));
      return `form: ${wentTo(form)} | post: ${wentTo(posted)}, the token ${isKept ? 'as it was' : 'lost'}`;
    },
  },
  {
    number: 116,
    sends: 'a preflight for POST, at canary and owned; an answer with CORS headers',
    expects: 'canary: legacy legacy-owns-writes, headers once | owned: service owned, headers once',
    isOfEdge: true,
    probe: async (bench) => {
      const world = bench.world();
      const allow = 'Access-Control-Allow-Origin';
      bench.target.atEnd = answer(`HTTP/1.1 204 No Content\n${allow}: https://shop.example\n\n`);
      world.service.answer = (_request, response) => void response.setHeader(allow, 'https://shop.example').end();
      return tellEach(bench, { canary: 'canary', owned: 'owned' }, async (_, stage) => {
        if (stage === 'owned') world.state = owned();
        const headers = { 'access-control-request-method': 'POST', 'x-banyan-explain': '1' };
        const told = await fetch(`${world.url}/api/trips`, { method: 'OPTIONS', headers });
        return `${wentTo(told)}, headers ${told.headers.get(allow) === 'https://shop.example' ? 'once' : 'changed'}`;
      });
    },
  },
];

/** What a client hears of one header when the target answers with these lines. */
async function heard(bench: Bench, lines: string, name: string): Promise<string> {
  bench.target.atEnd = answer(`HTTP/1.1 302 Found\n${lines}\nContent-Length: 0\n\n`);
  const [seen] = (await talk(bench, GET)).answers;
  return seen ? valuesOf(seen, name).join(' | ') : 'no answer';
}
