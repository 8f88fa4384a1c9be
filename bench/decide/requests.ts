import { createHmac } from 'node:crypto';
import { SESSION_COOKIE, SESSION_SECRET, USERS } from '../edge/traffic.ts';
import type { Route } from '../../edge/index.ts';

/** How many requests are made ready; more than fit a cache line, so that no route is always warm. */
const PREPARED = 20_000;

/** So many units whatever the number of routes: only the table is to grow. */
const UNITS = 10;

/** Routes as plans have them: a collection and its items, three deep, reads and writes. */
export function makeRoutes(count: number): Route[] {
  return Array.from({ length: count }, (_, i) => {
    const [resource, shape] = [Math.floor(i / SHAPES.length), SHAPES[i % SHAPES.length] ?? SHAPES[0]];
    const unit = `unit-${i % UNITS}`;
    const access = shape.method === 'GET' ? 'read' : 'write';
    return { unit, kind: 'api', method: shape.method, path: shape.path(resource), access, entity: 'item' } as const;
  });
}

const SHAPES = [
  { method: 'GET', path: (n: number) => `/api/v1/resource${n}` },
  { method: 'GET', path: (n: number) => `/api/v1/resource${n}/{id}` },
  { method: 'GET', path: (n: number) => `/api/v1/resource${n}/{id}/parts` },
  { method: 'GET', path: (n: number) => `/api/v1/resource${n}/{id}/parts/{part}` },
  { method: 'POST', path: (n: number) => `/api/v1/resource${n}` },
] as const;

/** Request heads as they come from browsers, spread evenly over all routes and users; one in ten belongs to no unit. */
export function makeRequests(routes: readonly Route[]): Buffer[] {
  return Array.from({ length: PREPARED }, (_, i) => {
    const route = routes[(i * 7919) % routes.length];
    const path =
      i % 10 === 9 ? `/static/app-${i % 50}.js` : (route?.path.replaceAll(/\{\w+\}/g, String(4711 + i)) ?? '/');
    return headOf(i % 10 === 9 ? 'GET' : (route?.method ?? 'GET'), path, (i * 31) % USERS);
  });
}

function headOf(method: string, path: string, user: number): Buffer {
  const lines = [
    `${method} ${path}?page=2 HTTP/1.1`,
    'Host: fleet.example',
    'User-Agent: fleet-app/4.2 (bench)',
    'Accept: application/json',
    'Accept-Language: de-DE,de;q=0.9',
    'Accept-Encoding: gzip, br',
    `Cookie: theme=dark; ${SESSION_COOKIE}=${sessionOf(user + 1)}`,
    'Connection: keep-alive',
    ...(method === 'POST' ? ['Content-Length: 0'] : []),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function sessionOf(userId: number): string {
  const text = `${userId}.s${userId}.4102444800`;
  return `${text}.${createHmac('sha256', SESSION_SECRET).update(text).digest('base64url')}`;
}
