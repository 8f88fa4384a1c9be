import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { as, canary, openWorld, wentTo, type World } from '../testing/edge.fixture.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

describe('what a client goes on with', () => {
  it('has one entity tag for each side, so that no cache mixes the two (case 70)', async () => {
    world.legacy.answer = world.service.answer = tagged('"1"');
    const ofService = await world.get('/api/trips/7', as('7'));
    expect(ofService.headers.get('etag')).toBe('"1~banyan"');
    const again = await world.get('/api/trips/7', { ...as('7'), 'if-none-match': '"1~banyan"' });
    expect([again.status, again.headers.get('etag')]).toEqual([304, '"1~banyan"']);
    world.state = canary({ ceilings: {} });
    const ofLegacy = await world.get('/api/trips/7', { ...as('7'), 'if-none-match': '"1~banyan"' });
    expect([ofLegacy.status, ofLegacy.headers.get('etag')]).toEqual([200, '"1"']);
  });

  it('comes as a whole when the side that began may not go on, and from it when it may (case 69)', async () => {
    world.legacy.answer = world.service.answer = tagged('"1"');
    const range = { range: 'bytes=1-', ...as('7') };
    const own = await world.get('/api/trips/7', { ...range, 'if-range': '"1~banyan"' });
    expect([wentTo(own), own.status]).toEqual(['service exposed', 206]);
    const pinned = await world.get('/api/trips/7', { ...range, 'if-range': '"1"' });
    expect([wentTo(pinned), pinned.status]).toEqual(['legacy pinned', 206]);
    await world.killSwitch.set('trips', true);
    const whole = await world.get('/api/trips/7', { ...range, 'if-range': '"1~banyan"' });
    expect([wentTo(whole), whole.status]).toEqual(['legacy killed', 200]);
  });

  it('is a stream that goes on at its side, or begins anew at the other (case 100)', async () => {
    world.legacy.answer = world.service.answer = stream;
    world.state = canary({ ceilings: {} });
    const first = await world.get('/api/trips/7', as('7'));
    expect(wentTo(first)).toBe('legacy above-ceiling');
    const cookie = `${as('7').cookie}; ${first.headers.getSetCookie()[0]?.split(';')[0]}`;
    world.state = canary();
    const next = { cookie, 'last-event-id': '41' };
    const later = await world.get('/api/trips/7', next);
    expect(wentTo(later)).toBe('legacy pinned');
    expect(world.legacy.seen.at(-1)?.headers['last-event-id']).toBe('41');
    const byService = await world.get('/api/trips/7', as('7'));
    expect(wentTo(byService)).toBe('service exposed');
    const pinned = `${as('7').cookie}; ${byService.headers.getSetCookie()[0]?.split(';')[0]}`;
    await world.killSwitch.set('trips', true);
    expect(wentTo(await world.get('/api/trips/7', { cookie: pinned, 'last-event-id': '42' }))).toBe('legacy killed');
    expect(world.legacy.seen.at(-1)?.headers).not.toHaveProperty('last-event-id');
  });

  it('is left alone where only legacy answers', async () => {
    world.legacy.answer = stream;
    const elsewhere = await world.get('/elsewhere', { 'last-event-id': '1' });
    expect(elsewhere.headers.getSetCookie()).toEqual([]);
    expect(world.legacy.seen[0]?.headers['last-event-id']).toBe('1');
  });
});

/** Ten bytes under a tag, or a part of them when it is asked for under that tag, or nothing new. */
function tagged(tag: string): Answer {
  return ({ headers }, response) => {
    response.setHeader('ETag', tag);
    if (headers['if-none-match'] === tag) return void response.writeHead(304).end();
    const isPart = headers.range !== undefined && headers['if-range'] === tag;
    response.writeHead(isPart ? 206 : 200).end('0123456789'.slice(isPart ? 1 : 0));
  };
}

function stream(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).end('id: 41\ndata: x\n\n');
}
