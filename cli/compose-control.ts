import {
  Brownouts,
  CallerStore,
  CallerWatch,
  LegacyUseStore,
  LegacyUseWatch,
  Configurations,
  Controller,
  ControlStore,
  createControlApi,
  createEndpointApi,
  EdgeHub,
  EndpointDirectory,
  EndpointRegistry,
  EdgeTraffic,
  EdgeRegistry,
  installControlSchema,
  probe,
  registerUnitMetrics,
  Ramps,
  RemoteUnit,
  TrafficWatch,
  UnitStates,
  type Declaration,
  type EdgeGroup,
  RunStore,
  ShadowRuns,
  type ShadowRunsParts,
  type Intent,
  type Mount,
  type Plan,
  type Reload,
  type TrafficSource,
  type UnitRecord,
  type UnitRuntime,
} from '../cutover/index.ts';
import { HostAllowList } from '../edge/index.ts';
import { isKilled, type FlagServer } from '../flags/index.ts';
import {
  createLog,
  createMetrics,
  openPool,
  systemClock,
  type Log,
  type Registry,
  type SettingsOf,
  type Tracing,
} from '../shared/index.ts';
import { openFlagServer, startFlags } from './flags.ts';
import { registeringTargets } from './edge-configuration.ts';
import { listen } from './listen.ts';
import { OpenParts } from './open-parts.ts';
import { syncClient } from './peers.ts';
import type { controlSettings } from './settings.ts';
import { startTracing } from './watch.ts';

/** The control database and what the edges are told of it. */
export interface ControlRecords {
  readonly store: ControlStore;
  readonly states: UnitStates;
  readonly registry: EdgeRegistry;
  readonly endpoints: EndpointDirectory;
  readonly runs: RunStore;
  readonly callers: CallerStore;
  readonly uses: LegacyUseStore;
}

export async function openRecords(databaseUrl: string, log: Log, open: OpenParts): Promise<ControlRecords> {
  const pool = openPool(databaseUrl);
  open.add(() => pool.end());
  await installControlSchema(pool);
  const store = new ControlStore(pool);
  const states = new UnitStates(store, log);
  const endpoints = new EndpointDirectory(new EndpointRegistry(pool), log);
  open.add(() => Promise.resolve([states.stop(), endpoints.stop()]));
  return {
    store,
    states,
    registry: new EdgeRegistry(pool),
    endpoints,
    runs: new RunStore(pool),
    callers: new CallerStore(pool),
    uses: new LegacyUseStore(pool),
  };
}

/** Where services register as endpoints; nowhere without a token for it. */
export function endpointApiOf(
  { BANYAN_REGISTRATION_TOKEN: token }: { readonly BANYAN_REGISTRATION_TOKEN: string },
  directory: EndpointDirectory,
  declaration: () => Declaration,
): Mount | undefined {
  if (token === '') return undefined;
  const problemOf = (url: string): string | undefined =>
    new HostAllowList(declaration().edge.targetHosts).problemOf(url);
  return createEndpointApi({ directory, token, targets: () => registeringTargets(declaration()), problemOf });
}

export interface ControlParts extends Omit<ControlRecords, 'registry' | 'endpoints'> {
  readonly runtimes: ReadonlyMap<string, UnitRuntime>;
  readonly edges: EdgeGroup;
  /** Where edges of other processes come to. */
  readonly hub?: EdgeHub;
  readonly isKilled: (unit: string) => boolean;
  readonly flagServer: FlagServer | undefined;
  readonly endpointApi: Mount | undefined;
  readonly configurations: Configurations;
  /** How the routes do, of all edges. */
  readonly traffic: TrafficSource;
  readonly token: string;
  readonly tracing: Tracing | undefined;
  readonly metrics: Registry;
  readonly log: Log;
}

/** Controller and its API; nothing is started. */
export interface Control {
  readonly controller: Controller;
  readonly shadow: ShadowRuns;
  readonly api: ReturnType<typeof createControlApi>;
}

export function openControl(parts: ControlParts, open: OpenParts): Control {
  const { states, log, traffic: source } = parts;
  const plans = [...parts.runtimes.values()].map(({ unit }) => unit.plan);
  const traffic = new TrafficWatch({ source, plans, recordOf: (unit) => states.get(unit), log });
  traffic.start();
  open.add(() => Promise.resolve(traffic.stop()));
  const recordOf = (unit: string): UnitRecord | undefined => states.get(unit);
  const declared = (): Plan[] => parts.configurations.current.units.map(({ plan }) => plan);
  const effects: ShadowRunsParts['effects'] = (unit) =>
    parts.runtimes.get(unit)?.effectLedgers() ?? Promise.resolve([]);
  const shadow = new ShadowRuns({ ...parts, plans: declared, recordOf, effects, clock: systemClock });
  open.add(() => shadow.stop());
  const callers = new CallerWatch({ ...parts, recordOf, registry: parts.metrics });
  callers.start();
  open.add(() => callers.stop());
  const use = new LegacyUseWatch({ ...parts, source, plans, recordOf });
  use.start();
  open.add(() => use.stop());
  const evidence = { callers, uses: parts.uses };
  const controller = new Controller({
    ...parts,
    traffic,
    shadow,
    evidence,
    publish: (record) => states.accept(record),
  });
  open.add(() => controller.stop());
  registerUnitMetrics(parts.metrics, () => controller.overviews());
  const units = [...parts.runtimes.values()].map(({ unit }) => unit);
  const ramps = new Ramps({ ...parts, units, controller, traffic });
  ramps.start();
  open.add(() => Promise.resolve(ramps.stop()));
  const brownouts = new Brownouts({ ...parts, units, controller, recordOf });
  brownouts.start();
  open.add(() => brownouts.stop());
  const extras = (unit: string): object => ({ killed: parts.isKilled(unit) });
  const { flagServer, metrics: registry } = parts;
  const flagApi: Mount | undefined = flagServer && ((request, response) => flagServer.handle(request, response));
  return {
    controller,
    shadow,
    api: createControlApi({ ...parts, registry, controller, ramps, shadow, callers, brownouts, extras, flagApi }),
  };
}

export interface RunningControl {
  readonly port: number;
  /** Resolves when every unit is settled and takes commands; its peers may have to be waited for. */
  readonly started: Promise<void>;
  reload(intent: Intent): Promise<Reload>;
  stop(): Promise<void>;
}

/** A process of its own for the controller. It answers at once: edges learn the stages although sync is not there yet. */
export function composeControl(
  settings: SettingsOf<typeof controlSettings>,
  declaration: Declaration,
  env: Readonly<Record<string, string | undefined>>,
): Promise<RunningControl> {
  return OpenParts.with(async (open) => {
    const log = createLog('banyan-control', settings.LOG_LEVEL);
    const { BANYAN_ADMIN_TOKEN: token } = settings;
    const { units } = declaration;
    const records = await openRecords(settings.CONTROL_DATABASE_URL, log, open);
    const tracing = await startTracing(settings, 'banyan-control', log, open);
    const flags = await startFlags(settings, units, log, open);
    const sync = syncClient(settings.BANYAN_SYNC_URL, token);
    const runtimes = new Map(units.map((unit) => [unit.plan.unit, new RemoteUnit(unit, sync, log)]));
    const hub = new EdgeHub({ ...records, probe, log });
    open.add(() => Promise.resolve(hub.stop()));
    const flagServer = openFlagServer(settings, flags, open);
    const killed = (unit: string): boolean => isKilled(unit, flags);
    const metrics = createMetrics();
    const { BANYAN_PLANS: folder } = settings;
    const recordOf = (unit: string): UnitRecord | undefined => records.states.get(unit);
    const from = { declaration, folder, env, withDatabases: false };
    const configurations = new Configurations({ ...records, ...from, edges: hub, recordOf, log });
    const endpointApi = endpointApiOf(settings, records.endpoints, () => configurations.current);
    const apis = { flagServer, endpointApi, configurations, token };
    const { controller, shadow, api } = openControl(
      {
        ...records,
        runtimes,
        edges: hub,
        traffic: new EdgeTraffic(hub, token),
        hub,
        isKilled: killed,
        ...apis,
        tracing,
        metrics,
        log,
      },
      open,
    );
    await records.states.start();
    await records.endpoints.start();
    await configurations.start();
    await hub.start();
    await shadow.start();
    const port = await listen(api, settings.BANYAN_CONTROL_PORT, settings.HOST, open);
    const reload = (intent: Intent): Promise<Reload> => configurations.reload(intent);
    return { port, started: controller.start(), reload, stop: () => open.close() };
  });
}
