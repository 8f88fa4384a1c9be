import { afterEach, describe, expect, it } from '@jest/globals';
import { as, openWorld, owned, type World } from '../testing/edge.fixture.ts';
import { talk } from '../testing/raw-http.fixture.ts';
import type { EdgeOptions } from '../options.ts';

let world: World;
afterEach(() => world.close());

describe.each(['direct', 'undici', 'http-proxy-middleware'] as const)('answers carried by %s', (forwarder) => {
  async function open(options: Partial<EdgeOptions>): Promise<void> {
    world = await openWorld({ forwarder, limits: { firstByteMs: 10_000 }, ...options });
  }

  it('cases 111, 113: send clients back to where they came from, port and all', async () => {
    await open({ references: 'rewrite', answers: { legacy: { cookiePaths: { '/fleet': '/' } } } });
    world.legacy.answer = (_request, response) => {
      const { host } = new URL(world.legacy.url);
      response.setHeader('Set-Cookie', [`a=1; Domain=127.0.0.1; Path=/fleet/trips`, 'b=2; Path=/other']);
      response.writeHead(302, { Location: `http://${host}/next?a=1` }).end();
    };
    const { text } = await talk(world.port, 'GET / HTTP/1.1\nHost: pub.example:8080\n\n');
    expect(text).toMatch(/\r\nlocation: http:\/\/pub\.example:8080\/next\?a=1\r\n/i);
    expect(text).toMatch(/\r\nset-cookie: a=1; Path=\/trips\r\n/i);
    expect(text).toMatch(/\r\nset-cookie: b=2; Path=\/other\r\n/i);
    const counted = 'banyan_edge_answer_references_total{target="legacy",header="location"} 1';
    expect(await world.registry.metrics()).toContain(counted);
  });

  it('case 114: leave a cookie to its owner, and say so', async () => {
    await open({ cookieOwners: { fleet_session: 'legacy' } });
    world.state = owned();
    const logout = 'fleet_session=; Max-Age=0';
    world.service.answer = (_request, response) => void response.setHeader('Set-Cookie', [logout, 'x=1']).end();
    world.legacy.answer = (_request, response) => void response.setHeader('Set-Cookie', logout).end();
    expect((await world.get('/api/trips/1', as('7'))).headers.getSetCookie()).toEqual(['x=1']);
    expect((await world.get('/elsewhere', as('7'))).headers.getSetCookie()).toEqual([logout]);
    expect(await world.registry.metrics()).toContain('banyan_edge_foreign_cookies_total{target="trips"} 1');
  });

  it('are left as they are where nothing is said', async () => {
    await open({});
    world.legacy.answer = (_request, response) =>
      void response.writeHead(302, { Location: world.legacy.url, 'Set-Cookie': 'a=1; Domain=127.0.0.1' }).end();
    const { text } = await talk(world.port, 'GET / HTTP/1.1\nHost: pub.example\n\n');
    expect(text.toLowerCase()).toContain(`location: ${world.legacy.url}\r\n`);
    expect(text).toContain('a=1; Domain=127.0.0.1');
  });
});

describe('rules for answers', () => {
  it('are refused when they name nobody, or would do nothing', async () => {
    world = await openWorld();
    const reload = (changes: Partial<EdgeOptions>) => () => world.edge.reload(changes);
    const code = expect.objectContaining({ code: 'EDGE_ANSWERS_INVALID' });
    expect(reload({ references: 'rewrite', answers: { billing: {} } })).toThrow(code);
    expect(reload({ references: 'rewrite', answers: { legacy: { origins: ['legacy:80/x'] } } })).toThrow(code);
    expect(reload({ answers: { legacy: {} } })).toThrow('do nothing by themselves');
  });
});
