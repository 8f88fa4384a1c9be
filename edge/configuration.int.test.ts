import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../shared/index.ts';
import type { EdgeChanges } from './configuration.ts';
import {
  as,
  openApplication,
  openWorld,
  ROUTES,
  wentTo,
  type Application,
  type World,
} from './testing/edge.fixture.ts';

describe('an edge that is configured anew', () => {
  let world: World;
  let other: Application;
  beforeEach(async () => {
    [world, other] = [await openWorld(), await openApplication('other')];
  });
  afterEach(() => Promise.all([world.close(), other.close()]));

  it('ends requests under way as they began, and sends the next ones where they go now', async () => {
    let answer: () => void = () => undefined;
    world.service.answer = (_request, response) => void (answer = () => response.end('{"by":"service"}'));
    const under = world.get('/api/trips/7', as('7'));
    await waitUntil(() => world.service.seen.length === 1, { budgetMs: 20_000 });
    world.edge.reload({ services: { trips: other.url } });
    const next = await world.get('/api/trips/7', as('7'));
    expect([await next.json(), wentTo(next)]).toEqual([{ by: 'other' }, 'service exposed']);
    answer();
    expect(await (await under).json()).toEqual({ by: 'service' });
  });

  it('knows new routes and forgets those that are gone', async () => {
    world.edge.reload({ routes: ROUTES.map((route) => ({ ...route, path: route.path.replace('trips', 'rides') })) });
    expect(wentTo(await world.get('/api/rides/7', as('7')))).toBe('service exposed');
    expect(wentTo(await world.get('/api/trips/7', as('7')))).toBe('legacy no-unit');
  });

  it.each<[string, EdgeChanges, string]>([
    ['a unit it was not started with', { routes: [{ ...ROUTES[0]!, unit: 'routes' }] }, 'EDGE_UNIT_INCOMPLETE'],
    ['no route of a unit', { routes: [] }, 'EDGE_RESTART_NEEDED'],
    ['a limit of the pools', { limits: { connections: 7 } }, 'EDGE_RESTART_NEEDED'],
    ['two equal routes', { routes: [ROUTES[0]!, ROUTES[0]!] }, 'EDGE_ROUTES_INVALID'],
    ['a forbidden host', { legacy: 'http://169.254.169.254' }, 'EDGE_TARGET_REFUSED'],
  ])('refuses %s and stays as it is', async (_, changes, code) => {
    expect(() => world.edge.reload({ services: { trips: other.url }, ...changes })).toThrow(
      expect.objectContaining({ code }),
    );
    expect(await (await world.get('/api/trips/7', as('7'))).json()).toEqual({ by: 'service' });
  });

  it('fails no request while it is configured anew again and again', async () => {
    const over = new AbortController();
    const statuses = new Set<number>();
    const user = async (): Promise<void> => {
      while (!over.signal.aborted) statuses.add((await world.get('/api/trips/7', as('7'))).status);
    };
    const users = Array.from({ length: 8 }, user);
    for (let i = 0; i < 40; i++) {
      world.edge.reload({ services: { trips: i % 2 === 0 ? other.url : world.service.url } });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    over.abort();
    await Promise.all(users);
    expect([...statuses]).toEqual([200]);
    expect(Math.min(other.seen.length, world.service.seen.length)).toBeGreaterThan(0);
  });

  it('says which configuration is in force, and whether a later one was refused', async () => {
    const forbidden = { legacy: 'http://169.254.169.254' };
    world.edge.reload({ services: { trips: other.url } }, { revision: 7 });
    expect(() => world.edge.reload(forbidden, { purpose: 'dry-run' })).toThrow();
    expect(await world.registry.metrics()).toMatch(/banyan_config_revision 7\n[\s\S]*banyan_config_refused 0\n/);
    expect(() => world.edge.reload(forbidden, { purpose: 'try' })).toThrow();
    world.edge.reload({ services: { trips: world.service.url } }, { purpose: 'try' });
    const metrics = await world.registry.metrics();
    expect(metrics).toMatch(/banyan_config_revision 7\n[\s\S]*banyan_config_refused 1\n/);
    expect(metrics).toContain('banyan_config_reloads_total{result="refused"} 1');
    expect(await (await world.get('/api/trips/7', as('7'))).json()).toEqual({ by: 'other' });
  });

  it('counts a route in one line, before and after', async () => {
    await world.get('/api/trips/7', as('7'));
    world.edge.reload({ services: { trips: other.url } });
    await world.get('/api/trips/7', as('7'));
    expect(await world.registry.metrics()).toContain('target="service",reason="exposed",status="2xx"} 2');
  });
});
