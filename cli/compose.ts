import type { Server } from 'node:http';
import { covers, type NamedPoint, type Position } from '../cdc/index.ts';
import {
  ceilingsAt,
  Controller,
  ControlStore,
  createControlApi,
  installControlSchema,
  LiveUnit,
  loadUnits,
  UnitStates,
  type EdgeGroup,
  type Unit,
  type UnitRecord,
} from '../cutover/index.ts';
import { createEdge, type Edge, type Route, type UnitState, type Watermarks } from '../edge/index.ts';
import {
  createFileFlagProvider,
  createUnleashFlagProvider,
  FlagFile,
  isKilled,
  type FlagProvider,
} from '../flags/index.ts';
import { createLog, createMetrics, openPool, type Log, type Registry, type SettingsOf } from '../shared/index.ts';
import type { upSettings } from './settings.ts';

type Env = Readonly<Record<string, string | undefined>>;

export type UpSettings = SettingsOf<typeof upSettings>;

/** Everything `banyan up` runs in one process, and how to end it. */
export interface Running {
  readonly edgePort: number;
  readonly controlPort: number;
  readonly units: ReadonlyMap<string, LiveUnit>;
  readonly controller: Controller;
  stop(): Promise<void>;
}

/** What a test may hook into a run: named points of the streams, where it delays or stops them. */
export interface ComposeHooks {
  readonly at?: (point: NamedPoint) => void | Promise<void>;
}

/** The composition root: reads the plans, builds every part and hands each only what it needs. */
export async function compose(settings: UpSettings, env: Env, hooks: ComposeHooks = {}): Promise<Running> {
  const open = new OpenParts();
  try {
    return await build(settings, await loadUnits(settings.BANYAN_PLANS, env), hooks, open);
  } catch (error) {
    await open.close();
    throw error;
  }
}

async function build(settings: UpSettings, units: Unit[], hooks: ComposeHooks, open: OpenParts): Promise<Running> {
  const log = createLog('banyan', settings.LOG_LEVEL);
  const pool = openPool(settings.CONTROL_DATABASE_URL);
  open.add(() => pool.end());
  await installControlSchema(pool);
  const store = new ControlStore(pool);
  const states = new UnitStates(store, log);
  const flags = await startFlags(settings, units, log);
  open.add(() => flags.stop());
  const { LEGACY_DATABASE_URL: legacyDatabaseUrl } = settings;
  const live = new Map(units.map((unit) => [unit.plan.unit, new LiveUnit({ unit, legacyDatabaseUrl, log, ...hooks })]));
  const edge = buildEdge({ settings, units, live, states, flags, registry: createMetrics(), log });
  const publish = (record: UnitRecord): void => states.accept(record);
  const controller = new Controller({ store, runtimes: live, edges: edgeGroup(edge), publish, log });
  open.add(() => controller.stop());
  await controller.start();
  await states.start();
  open.add(() => Promise.resolve(states.stop()));
  const extras = (unit: string): object => ({ killed: isKilled(unit, flags) });
  const api = createControlApi({ controller, store, token: settings.BANYAN_ADMIN_TOKEN, extras });
  const { server, port: controlPort } = await listen(api, settings.BANYAN_CONTROL_PORT);
  open.add(() => closeServer(server));
  open.add(() => edge.close());
  await edge.listenAdmin(settings.BANYAN_METRICS_PORT, settings.HOST);
  const { port: edgePort } = await edge.listen(settings.PORT, settings.HOST);
  return { edgePort, controlPort, units: live, controller, stop: () => open.close() };
}

/** What was opened, closed in the opposite order: the edge drains while everything behind it still runs. */
class OpenParts {
  readonly #closers: (() => Promise<unknown>)[] = [];

  add(close: () => Promise<unknown>): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) await close();
  }
}

async function startFlags(settings: UpSettings, units: readonly Unit[], log: Log): Promise<FlagProvider> {
  const flags = settings.UNLEASH_URL
    ? createUnleashFlagProvider({
        url: settings.UNLEASH_URL,
        token: settings.UNLEASH_API_TOKEN,
        appName: 'banyan',
        log,
      })
    : createFileFlagProvider({ path: settings.BANYAN_FLAGS, log });
  if (!settings.UNLEASH_URL) await declareFlags(settings.BANYAN_FLAGS, units);
  await flags.start();
  return flags;
}

async function declareFlags(path: string, units: readonly Unit[]): Promise<void> {
  const file = new FlagFile(path);
  for (const { plan } of units) await file.createUnit(plan.unit, cohortsOf(plan));
}

function cohortsOf(plan: Unit['plan']): string[] {
  return plan.rollout.ladder.flatMap(({ cohort }) => (cohort ? [cohort] : []));
}

interface EdgeParts {
  readonly settings: UpSettings;
  readonly units: readonly Unit[];
  readonly live: ReadonlyMap<string, LiveUnit>;
  readonly states: UnitStates;
  readonly flags: FlagProvider;
  readonly registry: Registry;
  readonly log: Log;
}

function buildEdge({ settings, units, live, states, flags, registry, log }: EdgeParts): Edge {
  const cookie = units[0]?.plan.subject.cookie.name ?? 'session';
  return createEdge({
    routes: units.flatMap(routesOf),
    legacyUrl: settings.LEGACY_URL,
    serviceUrls: Object.fromEntries(units.map(({ plan }) => [plan.unit, plan.service.url])),
    salts: Object.fromEntries(units.map(({ plan }) => [plan.unit, plan.rollout.salt])),
    unitState: stateOf(units, states),
    watermarks: watermarksOf(live),
    flags,
    subject: { cookie: { name: cookie, secret: settings.SESSION_SECRET } },
    identityKey: settings.BANYAN_IDENTITY_KEY,
    adminToken: settings.BANYAN_ADMIN_TOKEN,
    explain: settings.BANYAN_EXPLAIN,
    registry,
    log,
  });
}

function routesOf({ plan }: Unit): Route[] {
  return [
    ...plan.apis.map((api) => ({ ...api, ...deadlineOf(plan, api), unit: plan.unit, kind: 'api' as const })),
    ...plan.dependents.map((route) => ({
      ...route,
      unit: plan.unit,
      kind: 'dependent' as const,
      access: 'read' as const,
    })),
  ];
}

function deadlineOf(plan: Unit['plan'], route: { method: string; path: string }): { deadlineMs?: number } {
  const limit = plan.limits.find(({ method, path }) => method === route.method && path === route.path);
  return limit ? { deadlineMs: limit.deadlineMs } : {};
}

/** A unit the control database has not told about yet is at stage legacy. */
function stateOf(units: readonly Unit[], states: UnitStates): (unit: string) => UnitState {
  const ladders = new Map(units.map(({ plan }) => [plan.unit, plan.rollout.ladder]));
  const cache = new Map<string, { record: UnitRecord; state: UnitState }>();
  const unknown: UnitState = { stage: 'legacy', owner: 'legacy', epoch: 0, ceilings: {} };
  return (unit) => {
    const record = states.get(unit);
    if (!record) return unknown;
    const known = cache.get(unit);
    if (known?.record === record) return known.state;
    const { stage, owner, epoch } = record;
    const state = { stage: stage.name, owner, epoch, ceilings: ceilingsAt(stage, ladders.get(unit) ?? []) };
    cache.set(unit, { record, state });
    return state;
  };
}

function watermarksOf(live: ReadonlyMap<string, LiveUnit>): Watermarks {
  const find = (unit: string): LiveUnit => {
    const found = live.get(unit);
    if (!found) throw new RangeError(`no unit ${unit}`);
    return found;
  };
  return {
    head: (unit, side) => find(unit).head(side),
    isLevel: (unit) => find(unit).isLevel(),
    isApplied: (unit, marker) => {
      const { forward, reverse } = find(unit);
      return covers((marker.writtenOn === 'legacy' ? forward : reverse).watermark(), marker.at as Position);
    },
  };
}

function edgeGroup(edge: Edge): EdgeGroup {
  return {
    hold: (unit, options) => edge.hold(unit, options),
    release: (unit) => edge.release(unit),
    shadowCounts: (unit) => edge.shadow(unit),
  };
}

async function listen(
  app: ReturnType<typeof createControlApi>,
  port: number,
): Promise<{ server: Server; port: number }> {
  const server = app.listen(port, '127.0.0.1');
  await new Promise<void>((resolve, reject) => server.once('listening', resolve).once('error', reject));
  const address = server.address();
  return { server, port: typeof address === 'object' && address ? address.port : port };
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
