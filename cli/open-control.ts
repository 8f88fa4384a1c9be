import { hostname } from 'node:os';
import {
  Brownouts,
  CallerStore,
  CallerWatch,
  ControlStore,
  Controller,
  createControlApi,
  createEndpointApi,
  EdgeRegistry,
  EndpointDirectory,
  EndpointRegistry,
  installControlSchema,
  isGone,
  registerUnitMetrics,
  LEADER_LEASE_MS,
  LeaderLease,
  Leadership,
  LegacyUseStore,
  LegacyUseWatch,
  ProgressView,
  Ramps,
  RunStore,
  ShadowRuns,
  TrafficWatch,
  UnitStates,
  type Configurations,
  type Declaration,
  type EdgeGroup,
  type EdgeHub,
  type LeaderStanding,
  type Mount,
  type Plan,
  type Seat,
  type ShadowRunsParts,
  type TrafficSource,
  type UnitRecord,
  type UnitRuntime,
} from '../cutover/index.ts';
import { HostAllowList } from '../edge/index.ts';
import type { FlagProvider, FlagServer } from '../flags/index.ts';
import { openPool, systemClock, type Log, type Registry, type Tracing } from '../shared/index.ts';
import { registeringTargets } from './edge-configuration.ts';
import type { OpenParts } from './open-parts.ts';

/** The control database and what the edges are told of it. */
export interface ControlRecords {
  readonly store: ControlStore;
  readonly states: UnitStates;
  readonly registry: EdgeRegistry;
  readonly endpoints: EndpointDirectory;
  readonly runs: RunStore;
  readonly callers: CallerStore;
  readonly uses: LegacyUseStore;
  /** Everything above changes the control database by its term alone. */
  readonly leadership: Leadership;
}

export async function openRecords(databaseUrl: string, log: Log, open: OpenParts): Promise<ControlRecords> {
  const pool = openPool(databaseUrl);
  open.add(() => pool.end());
  await installControlSchema(pool);
  const lease = new LeaderLease(pool, LEADER_LEASE_MS);
  const leadership = new Leadership({ lease, leaseMs: LEADER_LEASE_MS, isGone, log });
  const store = new ControlStore(pool, leadership);
  const states = new UnitStates(store, log);
  const endpoints = new EndpointDirectory(new EndpointRegistry(pool), log);
  open.add(() => Promise.resolve([states.stop(), endpoints.stop()]));
  return {
    store,
    states,
    registry: new EdgeRegistry(pool, leadership),
    endpoints,
    runs: new RunStore(pool, leadership),
    callers: new CallerStore(pool, leadership),
    uses: new LegacyUseStore(pool, leadership),
    leadership,
  };
}

/** Where a control process answers: nobody else can hold that port of this machine. */
export function seatAt(host: string, port: number): Seat {
  return { machine: hostname(), address: `${host}:${port}` };
}

/** Where SDKs and edges read the flags. */
export function flagApiOf(server: FlagServer | undefined): Mount | undefined {
  return server && ((request, response) => server.handle(request, response));
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
  readonly flags: Pick<FlagProvider, 'features'>;
  readonly configurations: Configurations;
  /** How the routes do, of all edges. */
  readonly traffic: TrafficSource;
  readonly tracing: Tracing | undefined;
  /** What is measured while this process leads. */
  readonly metrics: Registry;
  readonly log: Log;
}

/** Controller and its API, for as long as this process leads; nothing is started. */
export interface Control {
  readonly controller: Controller;
  readonly shadow: ShadowRuns;
  readonly api: ReturnType<typeof createControlApi>;
}

export function openControl(parts: ControlParts, open: OpenParts): Control {
  const { states, leadership, log, traffic: source } = parts;
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
  const progress = new ProgressView({ ...parts, controller, callers });
  const standing = (): LeaderStanding => leadership.standing();
  return {
    controller,
    shadow,
    api: createControlApi({ ...parts, controller, ramps, shadow, callers, brownouts, extras, progress, standing }),
  };
}
