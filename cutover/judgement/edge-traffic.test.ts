import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Counter, createMetrics, Histogram } from '../../shared/index.ts';
import type { EdgeStanding } from '../unit/unit-runtime.ts';
import { EdgeTraffic, OwnTraffic } from './edge-traffic.ts';

const registry = createMetrics();
const counter = { registers: [registry], help: 'h', labelNames: ['route'] };
new Counter({ ...counter, name: 'banyan_edge_requests_total' }).inc({ route: '/x' }, 3);
new Histogram({ ...counter, name: 'banyan_edge_request_duration_seconds', buckets: [1] }).observe({ route: '/x' }, 0.5);
new Counter({ ...counter, name: 'banyan_edge_retries_total' }).inc({ route: '/x' });

let server: Server;
let address: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    const isMine = request.headers.authorization === 'Bearer token' && request.url === '/metrics';
    void registry.metrics().then((text) => response.writeHead(isMine ? 200 : 401).end(isMine ? text : '{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

function edges(...standings: Partial<EdgeStanding>[]): EdgeTraffic {
  const known = standings.map((standing, index) => ({ name: `edge-${index}`, address, ...standing }));
  return new EdgeTraffic({ edges: () => known }, 'token');
}

describe('the traffic of edges', () => {
  it('is read alike from the own registry and from an admin listener', async () => {
    const [own] = [...(await new OwnTraffic(registry).read()).values()];
    const [theirs] = [...((await edges({}).read()) ?? new Map()).values()];
    expect(own?.filter(({ name }) => name !== 'banyan_edge_requests_created')).toEqual(theirs);
    expect(own).toContainEqual({ name: 'banyan_edge_requests_total', labels: { route: '/x' }, value: 3 });
  });

  it('of workers behind one listener is counted once', async () => {
    expect([...((await edges({}, {}).read()) ?? new Map()).keys()]).toEqual([address]);
  });

  it.each<[string, Partial<EdgeStanding>[]]>([
    ['an edge is silent', [{}, { silentMs: 1 }]],
    ['an edge has no listener', [{ address: '' }]],
    ['there is no edge', []],
  ])('is not known while %s', async (_, standings) => {
    expect(await edges(...standings).read()).toBeUndefined();
  });

  it('is not known of an edge that does not answer', async () => {
    await expect(edges({ address: '127.0.0.1:1' }).read()).rejects.toMatchObject({ code: 'CONTROL_EDGE_UNREACHABLE' });
  });
});
