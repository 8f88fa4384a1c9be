import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLog, systemClock, waitUntil } from '../../shared/index.ts';
import { as, openApplication, openWorld, owned, type Application, type World } from '../testing/edge.fixture.ts';
import { openNameServer } from '../testing/name-server.fixture.ts';
import { HostAllowList } from './host-allow-list.ts';
import { LiveTarget } from './live-target.ts';
import type { TargetChoice } from './target-options.ts';

let open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.map((part) => part.stop()));
  open = [];
});

describe('a target whose endpoints come from', () => {
  it('a file follows it within moments, and keeps the last good ones', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'banyan-endpoints-'));
    const path = join(folder, 'trips.json');
    const { target } = live({ url: 'http://127.0.0.1:1', endpoints: { from: 'file', path } });
    expect(target.endpoints.map(({ url }) => url)).toEqual(['http://127.0.0.1:1']);
    const say = (text: string): void => {
      writeFileSync(`${path}.new`, text);
      renameSync(`${path}.new`, path);
    };
    const becomes = (...urls: string[]): Promise<boolean> =>
      waitUntil(() => target.endpoints.map(({ url }) => url).join() === urls.join(), { budgetMs: 20_000 });
    say('["http://127.0.0.1:2", "http://127.0.0.1:3"]');
    expect(await becomes('http://127.0.0.1:2', 'http://127.0.0.1:3')).toBe(true);
    say('["http://169.254.169.254"]');
    say('["http://127.0.0.1:4"]');
    expect(await becomes('http://127.0.0.1:4')).toBe(true);
    rmSync(folder, { recursive: true });
  });

  it('a name server uses every address it names', async () => {
    const names = await openNameServer({ 'trips.test': { a: ['127.0.0.2', '127.0.0.3'] } });
    open.push({ stop: () => names.close() });
    const endpoints = { from: 'dns', servers: [names.address] } as const;
    const { target } = live({ url: 'http://trips.test:8081', endpoints });
    expect(await waitUntil(() => target.endpoints.length === 2, { budgetMs: 20_000 })).toBe(true);
    expect(target.endpoints.map(({ url }) => url)).toEqual(['http://127.0.0.2:8081', 'http://127.0.0.3:8081']);
  });
});

describe('the health check of a target', () => {
  let world: World;
  let other: Application;
  beforeEach(async () => {
    [world, other] = [await openWorld(), await openApplication('other')];
    world.state = owned();
  });
  afterEach(() => Promise.all([world.close(), other.close()]));

  it('takes an endpoint out that answers badly, and back in when it is well', async () => {
    const urls = [world.service.url, other.url];
    const healthCheck = { path: '/healthz', everyMs: 20, timeoutMs: 300, unhealthyAfter: 2, healthyAfter: 2 };
    const trips = { url: urls[0] ?? '', endpoints: { from: 'list', urls }, healthCheck } as const;
    world.edge.reload({ services: { trips } });
    const sick = (isSick: boolean): void => {
      other.answer = (request, response) =>
        void response.writeHead(isSick && request.url === '/healthz' ? 503 : 200).end('{"by":"other"}');
    };
    sick(true);
    expect(await waitUntil(() => unhealthy(world, 1), { budgetMs: 20_000 })).toBe(true);
    expect(await answeredBy(world)).toEqual(['service']);
    sick(false);
    expect(await waitUntil(() => unhealthy(world, 0), { budgetMs: 20_000 })).toBe(true);
    expect(await answeredBy(world)).toEqual(['other', 'service']);
    expect(other.seen.find(({ url }) => url === '/healthz')?.headers.host).toBe(new URL(world.service.url).host);
  });

  it('is not believed when nobody is well', async () => {
    const healthCheck = { path: '/nowhere', everyMs: 20, unhealthyAfter: 1 };
    world.service.answer = (request, response) =>
      void response.writeHead(request.url === '/nowhere' ? 404 : 200).end('{"by":"service"}');
    world.edge.reload({ services: { trips: { url: world.service.url, healthCheck } } });
    expect(await waitUntil(() => unhealthy(world, 1), { budgetMs: 20_000 })).toBe(true);
    expect(await answeredBy(world)).toEqual(['service']);
  });
});

function live(choice: TargetChoice): LiveTarget {
  const parts = { allowed: new HostAllowList(), registrations: undefined, clock: systemClock, log: silentLog };
  const target = new LiveTarget('service', 'trips', choice, parts);
  target.start();
  open.push(target);
  return target;
}

async function unhealthy(world: World, count: number): Promise<boolean> {
  const metrics = await world.registry.metrics();
  return metrics.includes(`banyan_edge_endpoints{target="trips",state="unhealthy"} ${count}`);
}

async function answeredBy(world: World): Promise<string[]> {
  const answers = Array.from({ length: 20 }, async () => {
    const { by } = (await (await world.get('/api/trips/7', as('7'))).json()) as { by: string };
    return by;
  });
  return [...new Set(await Promise.all(answers))].toSorted();
}
