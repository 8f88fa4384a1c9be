import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KillSwitch, type FlagProvider } from '../../flags/index.ts';
import { createMetrics, silentLog, type Registry } from '../../shared/index.ts';
import { createEdge, type Edge } from '../edge.ts';
import type { Marker } from '../markers/watermarks.ts';
import type { Route } from '../match/route-table.ts';
import type { EdgeOptions } from '../options.ts';
import { numberPositions } from './number-positions.fixture.ts';
import type { UnitState } from '../decide/unit-state.ts';

export const ROUTES: readonly Route[] = [
  route('GET', '/api/trips/{id}', 'read'),
  route('POST', '/api/trips', 'write'),
  route('POST', '/api/trips/{id}/cancel', 'write'),
  { ...route('GET', '/api/users/me/summary', 'read'), kind: 'dependent' },
];

/** A running edge with a legacy and a service that answer with their own name, and everything it rests on in hand. */
export interface World {
  readonly edge: Edge;
  readonly port: number;
  readonly url: string;
  readonly legacy: Application;
  readonly service: Application;
  readonly flags: Set<string>;
  /** Without a file. */
  readonly killSwitch: KillSwitch;
  readonly log: { legacy: number; service: number; appliedFromLegacy: number; appliedFromService: number };
  readonly registry: Registry;
  state: UnitState;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  post(path: string, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

export interface Application {
  readonly url: string;
  readonly seen: IncomingMessage[];
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  close(): Promise<void>;
}

export async function openWorld(options: Partial<EdgeOptions> = {}, host = '127.0.0.1'): Promise<World> {
  const [legacy, service] = [await openApplication('legacy'), await openApplication('service')];
  const log = { legacy: 1, service: 1, appliedFromLegacy: 1, appliedFromService: 1 };
  const flags = new Set(['banyan.trips']);
  const killSwitch = new KillSwitch({ units: ['trips'], log: silentLog });
  const registry = createMetrics();
  const world: { state: UnitState } = { state: canary() };
  const open = (): Edge =>
    createEdge({
      routes: ROUTES,
      legacy: legacy.url,
      services: { trips: service.url },
      salts: { trips: 'trips-2026' },
      unitState: () => world.state,
      watermarks: {
        positions: numberPositions,
        head: (_unit, side) => Promise.resolve({ at: log[side] }),
        isLevel: () => true,
        isApplied: (_unit, marker: Marker) => {
          const applied = marker.writtenOn === 'legacy' ? log.appliedFromLegacy : log.appliedFromService;
          return (marker.at as { at: number }).at <= applied;
        },
      },
      flags: flagsOf(flags),
      killSwitch,
      subject: { ways: [{ way: 'session', cookie: 'fleet_session', format: 'signed-user-id', secret: 'secret' }] },
      identityKey: 'identity-key',
      edgeKey: 'edge-key',
      adminToken: 'admin',
      registry,
      log: silentLog,
      explain: true,
      ...options,
      limits: {
        firstByteMs: 20_000,
        holdMs: 200,
        catchUpMs: 200,
        unknownOutcomeMs: 300,
        lingerMs: 0,
        drainMs: 300,
        ...options.limits,
      },
    });
  const applications = [legacy, service];
  const edge = await orClose(open, applications);
  const { port } = await edge.listen(0, host);
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const send =
    (method: string) =>
    (path: string, headers: Record<string, string> = {}) =>
      fetch(`${url}${path}`, { method, headers: { 'x-banyan-explain': '1', ...headers } });
  await new Promise((resolve) => setTimeout(resolve, 10)); // The floor of the start.
  const close = async (): Promise<void> => {
    await edge.close();
    await Promise.all(applications.map((application) => application.close()));
  };
  const [get, post] = [send('GET'), send('POST')];
  const parts = { edge, port, url, legacy, service, flags, killSwitch, log, registry, get, post, close };
  return Object.assign(world, parts);
}

/** Leaves nothing behind where the edge refuses its options. */
async function orClose(open: () => Edge, applications: readonly Application[]): Promise<Edge> {
  try {
    return open();
  } catch (error) {
    await Promise.all(applications.map((application) => application.close()));
    throw error;
  }
}

export function canary(changes: Partial<UnitState> = {}): UnitState {
  return { stage: 'canary', owner: 'legacy', epoch: 3, ceilings: { everyone: 10_000 }, ...changes };
}

export function owned(changes: Partial<UnitState> = {}): UnitState {
  return canary({ stage: 'owned', owner: 'service', epoch: 4, ...changes });
}

export function as(userId: string): { cookie: string } {
  const text = `${userId}.s1.4102444800`;
  return { cookie: `fleet_session=${text}.${createHmac('sha256', 'secret').update(text).digest('base64url')}` };
}

/** Where the edge sent it and why, from the explanation headers. */
export function wentTo(response: Response): string {
  return `${response.headers.get('x-banyan-target')} ${response.headers.get('x-banyan-reason')}`;
}

export async function openApplication(name: string): Promise<Application> {
  const application: Application = {
    url: '',
    seen: [],
    answer: (_request, response) => void response.setHeader('Content-Type', 'application/json').end(`{"by":"${name}"}`),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const server = createServer((request, response) => {
    application.seen.push(request);
    application.answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(application, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function flagsOf(enabled: Set<string>): FlagProvider {
  return {
    isEnabled: (flag) => enabled.has(flag),
    isOff: (flag) => !enabled.has(flag),
    revision: () => 'test',
    features: () => undefined,
    health: () => ({ ageMs: 0, isStale: false, failures: {} }),
    onChange: () => () => undefined,
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
}

function route(method: string, path: string, access: 'read' | 'write'): Route {
  return { unit: 'trips', kind: 'api', method, path, access, entity: 'trip' };
}
