import { describe, expect, it } from '@jest/globals';
import { RouteTable } from './route-table.ts';

const table = new RouteTable([
  { method: 'GET', path: '/api/trips' },
  { method: 'GET', path: '/api/trips/{id}' },
  { method: 'GET', path: '/api/trips/recent' },
  { method: 'POST', path: '/api/trips/{id}/start' },
  { method: 'GET', path: '/{tenant}/settings' },
]);

describe('the route table', () => {
  it.each<[string, string, string | undefined]>([
    ['GET', '/api/trips', '/api/trips'],
    ['GET', '/api/trips/', '/api/trips'],
    ['GET', '/API/Trips', '/api/trips'],
    ['HEAD', '/api/trips', '/api/trips'],
    ['GET', '/api/trips/7', '/api/trips/{id}'],
    ['GET', '/api/trips/recent', '/api/trips/recent'],
    ['POST', '/api/trips/recent/start', '/api/trips/{id}/start'],
    ['GET', '/api/settings', '/{tenant}/settings'],
    ['POST', '/api/trips', undefined],
    ['GET', '/api/tripsx', undefined],
    ['GET', '/api/trips/7/points', undefined],
    ['GET', '/api/trips//', undefined],
    ['GET', '/', undefined],
  ])('%s %s is %s', (method, path, expected) => {
    expect(table.match(method, path)?.path).toBe(expected);
  });

  it.each([
    [[{ method: 'GET', path: 'api' }]],
    [[{ method: 'GET', path: '/api/x{id}' }]],
    [
      [
        { method: 'GET', path: '/api/{a}' },
        { method: 'get', path: '/api/{b}' },
      ],
    ],
  ])('refuses routes that cannot be told apart: %j', (routes) => {
    expect(() => new RouteTable(routes)).toThrow(expect.objectContaining({ code: 'EDGE_ROUTES_INVALID' }));
  });
});
