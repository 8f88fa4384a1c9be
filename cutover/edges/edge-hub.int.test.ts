import { defaultSampling, type LedgerReport, type ShadowOrder } from '../../edge/index.ts';
import type { Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLog, waitUntil } from '../../shared/index.ts';
import { freePort } from '../../stack/index.ts';
import type { EndpointsByTarget } from '../endpoints/endpoint-directory.ts';
import { createApi } from '../remote/http-api.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import type { ServiceStanding } from '../unit/unit-runtime.ts';
import type { FlagStanding } from '../unit/unit-runtime.ts';
import { UnitStates } from '../unit/unit-states.ts';
import { EdgeHub } from './edge-hub.ts';
import { EdgeLink, type LinkedEdge } from './edge-link.ts';
import { edgeConnector, serveEdges } from './edge-transport.ts';

const TOKEN = 'token';
const leaseMs = 800;
const registered = new Map<string, { name: string; incarnation: string; address: string }>();
const refused = new Set<string>();
const directory = {
  known: {} as EndpointsByTarget,
  tell: () => undefined as void,
  value: () => directory.known,
  onChange: (listener: () => void) => ((directory.tell = listener), () => undefined),
};
let hub: EdgeHub;
let states: UnitStates;
let server: Server;
let port = 0;
let term = 1;
let leads = true;
let edges: TestEdge[] = [];

beforeEach(async () => {
  registered.clear();
  refused.clear();
  port = await freePort();
  term = 1;
  leads = true;
  await startControl();
});

afterEach(async () => {
  for (const edge of edges) await edge.link.stop();
  edges = [];
  await stopControl();
});

describe('the edges of a control process', () => {
  it('come by themselves, learn where the units stand, and are live once all of them have seen each other', async () => {
    const [a, b] = [await startEdge('a'), await startEdge('b')];
    await until(() => a.link.isLive() && b.link.isLive());
    expect(hub.edges().map(({ name }) => name)).toEqual(['a', 'b']);
    states.accept(record(7));
    await until(() => a.records.get('trips')?.epoch === 7 && b.records.get('trips')?.epoch === 7);
    expect([...registered.keys()].toSorted()).toEqual(['a', 'b']);
  });

  it('are not live by the word of a control process whose lease has ended', async () => {
    const a = await startEdge('a');
    await until(() => a.link.isLive());
    leads = false;
    await until(() => !a.link.isLive());
    leads = true;
    await until(() => a.link.isLive());
  });

  it('hear no more of one that led before another did', async () => {
    term = 5;
    await stopControl();
    await startControl();
    const a = await startEdge('a');
    await stopControl();
    term = 4;
    await startControl(record(8));
    const askedAt = Date.now();
    await until(() => Date.now() - askedAt > 300);
    expect(a.records.get('trips')?.epoch).toBe(1);
    await stopControl();
    term = 6;
    await startControl(record(8));
    await until(() => a.records.get('trips')?.epoch === 8);
  });

  it('are told who has registered as an endpoint, when they come and at every change', async () => {
    directory.known = { trips: [{ url: 'http://a', weight: 1 }] };
    const a = await startEdge('a');
    await until(() => a.endpoints['trips']?.length === 1);
    directory.known = {};
    directory.tell();
    await until(() => a.endpoints['trips'] === undefined);
  });

  it('take up a configuration, each with its answer, and are told the one in force when they come', async () => {
    const a = await startEdge('a');
    const order = (revision: number, purpose: 'try' | 'apply') => ({ id: `${revision}`, revision, purpose, files: [] });
    expect(await hub.configure(order(7, 'apply'), 2000)).toMatchObject([{ edge: 'a', ms: expect.any(Number) }]);
    expect(await hub.configure(order(13, 'try'), 2000)).toMatchObject([{ edge: 'a', problem: 'unlucky' }]);
    const b = await startEdge('b');
    await until(() => b.revision === 7);
    b.cut();
    await until(() => hub.edges().some(({ silentMs }) => silentMs !== undefined));
    expect(await hub.configure(order(8, 'apply'), 2000)).toMatchObject([{ edge: 'a' }, { edge: 'b' }]);
    expect([a.revision, b.revision]).toEqual([8, 7]);
    b.comeBack();
    await until(() => b.revision === 8);
  });

  it('hold writes, every one of them, and tell when all inside have ended', async () => {
    const [a, b] = [await startEdge('a'), await startEdge('b')];
    b.drains = false;
    expect(await hub.hold('trips', { budgetMs: 50 })).toBe(false);
    b.drains = true;
    expect(await hub.hold('trips', { budgetMs: 50 })).toBe(true);
    expect([a.held, b.held]).toEqual([['trips'], ['trips']]);
    states.accept(record(8));
    await hub.release('trips', 8);
    await until(() => a.held.length === 0 && b.held.length === 0);
  });

  it('are told which runs go on, late comers too, and tell what they see of them', async () => {
    const a = await startEdge('a');
    const order = { run: 'one', sampling: defaultSampling };
    hub.orderRuns({ trips: order });
    const b = await startEdge('b');
    await until(() => a.order?.run === 'one' && b.order?.run === 'one');
    [a.seen, b.seen] = [ledger('of a', 1), ledger('of b', 1)];
    await until(() => hub.ledgers().length === 2);
    a.seen = ledger('of a', 2);
    await until(() => hub.ledgers().some(({ revision }) => revision === 2));
    hub.orderRuns({});
    await until(() => a.order === undefined && b.order === undefined);
  });

  it('tell together what they count, and who waits once each of them tells', async () => {
    const [a, b] = [await startEdge('a'), await startEdge('b')];
    await until(() => hub.counts('trips')?.reads === 8);
    expect(hub.counts('trips')).toEqual({
      reads: 8,
      pinned: 2,
      waits: { hold: 4, ownWrite: 2 },
    });
    b.tellsWaits = false;
    await until(() => hub.counts('trips')?.waits === undefined);
    expect(hub.counts('trips')).toEqual({ reads: 8, pinned: 2 });
    a.service = { endpoints: 2, usable: 2, brokenRoutes: 0 };
    b.service = { endpoints: 3, usable: 1, brokenRoutes: 4 };
    await until(() => hub.counts('trips')?.service !== undefined);
    expect(hub.counts('trips')?.service).toEqual({ endpoints: 3, usable: 1, brokenRoutes: 4 });
  });

  it('let nobody go before each has learned the epoch', async () => {
    const [a, b] = [await startEdge('a'), await startEdge('b')];
    await hub.hold('trips', { budgetMs: 50 });
    const released = hub.release('trips', 9);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([a.held, b.held]).toEqual([['trips'], ['trips']]);
    states.accept(record(9));
    await released;
    await until(() => a.held.length === 0 && b.held.length === 0);
  });

  it('invariant 2: are not held when one of them is silent', async () => {
    await startEdge('a');
    const b = await startEdge('b');
    b.cut();
    await until(() => hub.edges().some(({ silentMs }) => silentMs !== undefined));
    await expect(hub.hold('trips', { budgetMs: 50 })).rejects.toMatchObject({ code: 'CONTROL_EDGE_UNREACHABLE' });
  });

  it('are all no longer live when one of them is silent, until nobody listens at its address any more', async () => {
    const a = await startEdge('a');
    const b = await startEdge('b', 4711);
    await until(() => a.link.isLive());
    b.cut();
    await until(() => !a.link.isLive());
    expect(hub.edges()).toMatchObject([{ name: 'a' }, { name: 'b', address: '127.0.0.1:4711' }]);
    refused.add('127.0.0.1:4711');
    await until(() => a.link.isLive());
    expect(hub.edges().map(({ name }) => name)).toEqual(['a']);
    expect([...registered.keys()]).toEqual(['a']);
  });

  it('are waited for by the next control process, which holds what the former one held', async () => {
    const [a, b] = [await startEdge('a'), await startEdge('b')];
    await until(() => a.link.isLive());
    b.cut();
    await stopControl();
    await startControl({
      ...record(3),
      handover: { direction: 'cutover', progress: 'begun', fenceEpoch: 3, who: '', reason: '' },
    });
    await until(() => a.held.length === 1);
    await until(() => hub.edges().length === 2 && !a.link.isLive());
    b.comeBack();
    await until(() => a.link.isLive() && b.link.isLive());
    await hub.release('trips', 0);
    await until(() => a.held.length === 0 && b.held.length === 0);
  });

  it('hold by themselves, without control, what was under a handover', async () => {
    const a = await startEdge('a');
    states.accept({
      ...record(4),
      handover: { direction: 'cutover', progress: 'begun', fenceEpoch: 4, who: '', reason: '' },
    });
    await until(() => a.link.isLive() && a.records.has('trips'));
    await stopControl();
    await until(() => a.held.length === 1);
    expect(a.link.isLive()).toBe(false);
  });

  it('have flags as stale as those of the worst of them, and unknown ones while one is silent', async () => {
    const [, b] = [await startEdge('a'), await startEdge('b')];
    await until(() => hub.flags()?.ageMs === 100);
    b.standing = { ageMs: 6_100, isStale: true };
    await until(() => hub.flags()?.isStale === true);
    expect(hub.flags()).toEqual(b.standing);
    b.cut();
    await until(() => hub.flags() === undefined);
  });

  it('say goodbye when they end, and are forgotten on an operator’s word', async () => {
    const [a, b] = [await startEdge('a'), await startEdge('b')];
    await a.link.stop();
    await until(() => hub.edges().length === 1);
    expect(() => hub.forget('b')).toThrow('edge b is connected and at work');
    b.cut();
    await until(() => hub.edges()[0]?.silentMs !== undefined);
    hub.forget('b');
    expect(hub.edges()).toEqual([]);
    expect(() => hub.forget('b')).toThrow('there is no edge b');
  });

  it('are refused under the name of another one that is there', async () => {
    const a = await startEdge('a');
    const twin = await startEdge('a', 0, { joins: false });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([a.link.isLive(), twin.link.isLive()]).toEqual([true, false]);
  });
});

interface TestEdge extends LinkedEdge {
  order?: ShadowOrder | undefined;
  seen?: LedgerReport | undefined;
  readonly link: EdgeLink;
  readonly records: Map<string, UnitRecord>;
  endpoints: EndpointsByTarget;
  revision: number;
  service?: ServiceStanding;
  held: string[];
  drains: boolean;
  standing: FlagStanding;
  tellsWaits: boolean;
  /** Loses the connection, and every further one. */
  cut(): void;
  comeBack(): void;
}

async function startEdge(name: string, adminPort = 0, { joins = true } = {}): Promise<TestEdge> {
  const records = new Map<string, UnitRecord>();
  const connect = edgeConnector([`http://127.0.0.1:${port}`], TOKEN);
  let isCut = false;
  let close = (): void => undefined;
  const link = new EdgeLink({
    units: ['trips'],
    log: silentLog,
    leaseMs,
    states: { get: (unit) => records.get(unit), accept: (all) => all.forEach((one) => records.set(one.unit, one)) },
    endpoints: { accept: (told) => (edge.endpoints = told) },
    connect: async (handlers) => {
      if (isCut) throw new Error('cut');
      const peer = await connect(handlers);
      close = () => peer.close();
      return peer;
    },
  });
  const edge: TestEdge = {
    link,
    records,
    endpoints: {},
    revision: 0,
    held: [],
    drains: true,
    standing: { ageMs: 100, isStale: false },
    tellsWaits: true,
    hold: async (unit) => {
      edge.held = [unit];
      return edge.drains;
    },
    release: () => (edge.held = []),
    configure: ({ revision }) => (revision === 13 ? 'unlucky' : ((edge.revision = revision), undefined)),
    counts: () => ({
      reads: 4,
      pinned: 1,
      ...(edge.tellsWaits && { waits: { hold: 2, ownWrite: 1 } }),
      ...(edge.service && { service: edge.service }),
    }),
    flags: () => edge.standing,
    orderShadow: (_, order) => (edge.order = order),
    shadowLedger: (_, since) => (since?.revision === edge.seen?.revision ? undefined : edge.seen),
    cut: () => {
      isCut = true;
      close();
    },
    comeBack: () => (isCut = false),
  };
  edges.push(edge);
  link.start(edge, { name, adminPort });
  await link.joined(joins ? 3_000 : 100);
  return edge;
}

async function startControl(initial = record(1)): Promise<void> {
  states = new UnitStates({ readAll: () => Promise.resolve([]) }, silentLog);
  states.accept(initial);
  hub = new EdgeHub({
    term,
    leads: () => leads,
    states,
    endpoints: directory,
    log: silentLog,
    leaseMs,
    probe: (address) => Promise.resolve(refused.has(address) ? 'refused' : 'listening'),
    registry: {
      load: () => Promise.resolve([...registered.values()]),
      add: async (edge) => void registered.set(edge.name, edge),
      remove: async (name) => void registered.delete(name),
    },
  });
  await hub.start();
  const app = createApi(TOKEN);
  serveEdges(app, hub);
  server = app.listen(port, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
}

async function stopControl(): Promise<void> {
  hub.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

function record(epoch: number): UnitRecord {
  const [planDigest, changedAt, changedBy] = ['', '', ''];
  return { unit: 'trips', stage: { name: 'reads' }, owner: 'legacy', epoch, planDigest, changedAt, changedBy };
}

async function until(what: () => boolean): Promise<void> {
  expect(await waitUntil(what, { budgetMs: 20_000 })).toBe(true);
}

function ledger(id: string, revision: number): LedgerReport {
  return { run: 'one', ledger: id, revision, routes: {}, skipped: {} };
}
