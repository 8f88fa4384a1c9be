import { describe, expect, it } from '@jest/globals';
import { PinCookie } from './pin-cookie.ts';

const cookie = new PinCookie('edge-key');

describe('the pin cookie', () => {
  it('tells the side for its very path, which the browser keeps it to', () => {
    const line = cookie.lineFor('service', '/api/trips/events') ?? '';
    expect(line).toMatch(
      /^banyan_pin=[\w-]+\.[\w-]+; Path=\/api\/trips\/events; Max-Age=86400; HttpOnly; SameSite=Lax$/,
    );
    expect(cookie.sideIn(`a=b; ${pairOf(line)}`, '/api/trips/events')).toBe('service');
    expect(cookie.sideIn(pairOf(line), '/api/trips/events/7')).toBeUndefined();
  });

  it('is found among those of paths further up', () => {
    const [upper, own] = [cookie.lineFor('legacy', '/api'), cookie.lineFor('service', '/api/trips')].map(pairOf);
    expect(cookie.sideIn(`${upper}; ${own}`, '/api/trips')).toBe('service');
  });

  it.each([
    ['another key', pairOf(new PinCookie('other').lineFor('service', '/api'))],
    ['nonsense', 'banyan_pin=service'],
    ['no signature', 'banyan_pin=c2VydmljZSAvYXBp.'],
  ])('is nothing with %s', (_, pair) => {
    expect(cookie.sideIn(pair, '/api')).toBeUndefined();
  });

  it('is not set for a path that a cookie cannot say', () => {
    expect(cookie.lineFor('service', '/api;Domain=evil.example')).toBeUndefined();
  });
});

function pairOf(line: string | undefined): string {
  return line?.split(';')[0] ?? '';
}
