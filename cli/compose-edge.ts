import { hostname } from 'node:os';
import {
  ceilingsAt,
  edgeConnector,
  EdgeLink,
  remoteJudge,
  servedKeys,
  RemoteEndpoints,
  RemoteMarks,
  RemoteUnitStates,
  stagesFile,
  watermarksOf,
  type Declaration,
  type DeclaredUnit,
  type EdgeIdentity,
  type LinkedEdge,
  type MarkedUnit,
  type Plan,
  type StagesKeeper,
  type UnitMarks,
  type UnitRecord,
} from '../cutover/index.ts';
import {
  createEdge,
  type Edge,
  type EffectJudge,
  type EdgeWorker,
  type IdentityKeys,
  type MarkExchange,
  type Registrations,
  type SubjectOptions,
  type UnitState,
} from '../edge/index.ts';
import { registerFlagMetrics, type FlagProvider, type KillSwitch } from '../flags/index.ts';
import {
  createLog,
  createProcessMetrics,
  urlsIn,
  type Log,
  type Registry,
  type SettingsOf,
  type Tracing,
} from '../shared/index.ts';
import { answersOf } from './answers.ts';
import { doorsOf, openDoors, type Doors, type DoorSettings } from './doors.ts';
import { startFlags, startKillSwitch, startWriteLatch } from './flags.ts';
import { ConfigurationFollower } from './configuration-follower.ts';
import { edgeConfiguration } from './edge-configuration.ts';
import { startIdentityKeys } from './identity-keys.ts';
import { gatewayOf, type GatewaySettings } from './gateway.ts';
import { OpenParts } from './open-parts.ts';
import { controlClientOfEdge, syncClient } from './peers.ts';
import type { edgeSettings } from './settings.ts';
import { accessLogOf, startTracing, type AccessSettings } from './watch.ts';

type Settings = SettingsOf<typeof edgeSettings>;
type Env = Readonly<Record<string, string | undefined>>;

/** How long a start waits for a word of control before it goes on by itself. */
const JOIN_MS = 2_000;

export interface EdgeParts {
  readonly settings: Pick<
    Settings,
    | 'LEGACY_URL'
    | 'BANYAN_IDENTITY_KEY'
    | 'BANYAN_EDGE_KEY'
    | 'BANYAN_EDGE_KEY_BEFORE'
    | 'BANYAN_SHADOW_KEY'
    | 'BANYAN_ADMIN_TOKEN'
    | 'BANYAN_EXPLAIN'
  > &
    AccessSettings &
    DoorSettings &
    GatewaySettings;
  readonly subject: SubjectOptions;
  readonly declaration: Pick<Declaration, 'units' | 'edge'>;
  readonly registrations: Registrations;
  readonly recordOf: (unit: string) => UnitRecord | undefined;
  /** True when a unit without a record was never moved; false when nobody may have told yet. */
  readonly isTold?: () => boolean;
  readonly marksOf: (unit: string) => UnitMarks;
  readonly flags: FlagProvider;
  readonly killSwitch: KillSwitch;
  /** Units whose shadow writes are stopped. */
  readonly writeLatch: KillSwitch;
  /** Who compares what a write would have changed. */
  readonly effects: EffectJudge;
  readonly identityKeys: IdentityKeys | undefined;
  readonly tracing: Tracing | undefined;
  /** The other edges, where there can be any. */
  readonly exchange?: MarkExchange;
  readonly registry: Registry;
  readonly log: Log;
}

/** The edge of the plans; nothing is listening yet. */
export function openEdge({ settings, declaration, recordOf, isTold, marksOf, tracing, ...parts }: EdgeParts): Edge {
  const accessLog = accessLogOf(settings);
  const plans = declaration.units.map(({ plan }) => plan);
  const [gateway, doors] = [gatewayOf(settings), doorsOf(settings)];
  return createEdge({
    ...edgeConfiguration(settings, declaration),
    salts: Object.fromEntries(plans.map(({ unit, rollout }) => [unit, rollout.salt])),
    ownedByKey: new Set(plans.filter(({ ownerKey }) => ownerKey !== undefined).map(({ unit }) => unit)),
    unitState: stateOf(plans, recordOf, isTold),
    watermarks: watermarksOf(new Map(plans.map((plan) => [plan.unit, markedUnit(plan, marksOf)]))),
    identityKey: settings.BANYAN_IDENTITY_KEY,
    edgeKey: settings.BANYAN_EDGE_KEY,
    edgeKeyBefore: settings.BANYAN_EDGE_KEY_BEFORE,
    shadowKey: settings.BANYAN_SHADOW_KEY,
    adminToken: settings.BANYAN_ADMIN_TOKEN,
    explain: settings.BANYAN_EXPLAIN,
    ...gateway,
    ...doors,
    limits: { ...gateway.limits, ...doors.limits },
    ...answersOf(settings, parts.subject),
    continuesTraces: settings.BANYAN_TRACE_CLIENTS,
    ...(tracing && { tracing }),
    ...(accessLog && { accessLog }),
    ...parts,
  });
}

function markedUnit({ unit, gates }: Plan, marksOf: EdgeParts['marksOf']): MarkedUnit {
  return { marks: marksOf(unit), maxLagMs: gates.lag.maxMs };
}

/** A unit that was never moved is at stage legacy; of one that nobody has told about nothing is said. */
function stateOf(
  plans: readonly Plan[],
  recordOf: EdgeParts['recordOf'],
  isTold: () => boolean = () => true,
): (unit: string) => UnitState | undefined {
  const ladders = new Map(plans.map(({ unit, rollout }) => [unit, rollout.ladder]));
  const cache = new Map<string, { record: UnitRecord; state: UnitState }>();
  const unmoved: UnitState = { stage: 'legacy', owner: 'legacy', epoch: 0, ceilings: {} };
  return (unit) => {
    const record = recordOf(unit);
    if (!record) return isTold() ? unmoved : undefined;
    const known = cache.get(unit);
    if (known?.record === record) return known.state;
    const { stage, owner, epoch, handover, brownout, cohorts } = record;
    const isMoving = handover !== undefined;
    const ceilings = ceilingsAt(stage, ladders.get(unit) ?? []);
    const served = cohorts && new Set(servedKeys(record));
    const moving = { isMoving, ceilings, brownout, ...(served && { served }) };
    const state = { stage: stage.name, owner, epoch, ...moving };
    cache.set(unit, { record, state });
    return state;
  };
}

export interface RunningEdge extends Doors {
  readonly adminPort: number;
  stop(): Promise<void>;
}

/** What a worker of a cluster has in place of an admin listener, a name and a file of its own. */
export interface WorkerSeat {
  readonly worker: EdgeWorker;
  readonly slot: string;
  /** Called when the cluster wants it to leave. */
  readonly leave: () => void;
}

/** What a process for an edge is made from. */
export interface EdgeBlueprint {
  readonly settings: Settings;
  readonly declaration: Declaration;
  readonly subject: SubjectOptions;
  readonly env: Env;
  /** Of a worker only. */
  readonly seat?: WorkerSeat;
}

/**
 * A process of its own for the edge. It opens its doors once it has asked control, or looked into what it kept, where the
 * units stand; its admin listener answers before that, not ready.
 */
export function composeEdge({ settings, declaration, subject, env, seat }: EdgeBlueprint): Promise<RunningEdge> {
  return OpenParts.with(async (open) => {
    const log = createLog('banyan-edge', settings.LOG_LEVEL);
    const { units } = declaration;
    const killSwitch = await startKillSwitch(settings, units, log, open);
    const writeLatch = await startWriteLatch(settings, units, log, open);
    const identityKeys = await startIdentityKeys(settings, log, open);
    const flags = await startFlags(settings, units, log, open);
    const effects = remoteJudge(syncClient(settings.BANYAN_SYNC_URL, settings.BANYAN_ADMIN_TOKEN));
    const { states, marks, registrations, link } = openPeers({ settings, units, seat, log }, open);
    const recordOf = (unit: string): UnitRecord | undefined => states.get(unit);
    const isTold = (): boolean => states.isTold;
    const tracing = await startTracing(settings, 'banyan-edge', log, open);
    const registry = createProcessMetrics();
    registerFlagMetrics(registry, flags);
    const marksOf = (unit: string): UnitMarks => marks.of(unit);
    const told = { recordOf, isTold, marksOf, registrations, exchange: link.exchange };
    const watch = { flags, killSwitch, writeLatch, effects, identityKeys, tracing, registry, log };
    const edge = openEdge({ settings, subject, declaration, ...told, ...watch });
    open.add(() => edge.close());
    const identity = await identify(edge, settings, seat);
    marks.start();
    const follower = new ConfigurationFollower({ edge, settings, declaration, env, withDatabases: false });
    link.start(linked(edge, follower), identity);
    await Promise.all([states.start(), link.joined(JOIN_MS)]);
    const kill = (unit: string, killed: boolean): void => killSwitch.hear(unit, killed);
    const count = (): ReturnType<Registry['getMetricsAsJSON']> => registry.getMetricsAsJSON();
    await seat?.worker.serve({ count, kill, leave: seat.leave, recorder: edge.recorder });
    const doors = await openDoors(edge, settings);
    seat?.worker.ready({ ...doors });
    return { ...doors, adminPort: identity.adminPort, stop: () => open.close() };
  });
}

function linked(edge: Edge, follower: ConfigurationFollower): LinkedEdge {
  return {
    hold: (unit, options) => edge.hold(unit, options),
    release: (unit) => edge.release(unit),
    counts: (unit) => edge.counts(unit),
    flags: () => edge.flags(),
    orderShadow: (unit, order) => edge.orderShadow(unit, order),
    shadowLedger: (unit, since) => edge.shadowLedger(unit, since),
    configure: (order) => follower.take(order),
  };
}

/** What control knows the edge by. The admin listener of a worker is the cluster's. */
async function identify(edge: Edge, settings: Settings, seat: WorkerSeat | undefined): Promise<EdgeIdentity> {
  const { BANYAN_EDGE_NAME: name, BANYAN_METRICS_PORT: port, HOST: host } = settings;
  if (seat) return { name: `${name}/${seat.slot}`, adminPort: port };
  const { port: adminPort } = await edge.listenAdmin(port, host);
  return { name: name || `${hostname()}:${adminPort}`, adminPort };
}

interface PeerParts {
  readonly settings: Settings;
  readonly units: readonly DeclaredUnit[];
  readonly seat: WorkerSeat | undefined;
  readonly log: Log;
}

interface EdgePeers {
  readonly states: RemoteUnitStates;
  readonly marks: RemoteMarks;
  readonly registrations: RemoteEndpoints;
  readonly link: EdgeLink;
}

/** The edge's ends of what joins it to sync and control; nothing is started. */
function openPeers({ settings, units: declared, seat, log }: PeerParts, open: OpenParts): EdgePeers {
  const { BANYAN_ADMIN_TOKEN: token, BANYAN_CONTROL_URL: control, BANYAN_SYNC_URL: sync } = settings;
  const units = declared.map(({ plan }) => plan.unit);
  const keeper = keeperOf(settings.BANYAN_STAGES, seat);
  const states = new RemoteUnitStates(controlClientOfEdge(control, token), keeper, log);
  const marks = new RemoteMarks(syncClient(sync, token), units, log);
  const registrations = new RemoteEndpoints();
  const connect = edgeConnector(urlsIn(control), token);
  const link = new EdgeLink({ connect, states, endpoints: registrations, units, log });
  open.add(() => Promise.all([states.stop(), marks.stop(), link.stop()]));
  return { states, marks, registrations, link };
}

/** Workers read the file and leave the writing to their cluster: the one that heard last must not write over the first. */
function keeperOf(path: string, seat: WorkerSeat | undefined): StagesKeeper {
  const file = stagesFile(path);
  if (!seat) return file;
  return { path, read: () => file.read(), write: (records) => Promise.resolve(seat.worker.keep(records)) };
}
