import {
  loadMappings,
  OwnTraffic,
  localJudge,
  Configurations,
  FrontApi,
  readDeclaration,
  registerLeaderMetrics,
  registerStreamMetrics,
  type Controller,
  type Declaration,
  type EdgeGroup,
  type Intent,
  type Reload,
  type LiveUnit,
  type Unit,
  type UnitRecord,
} from '../cutover/index.ts';
import type { Edge, SubjectOptions } from '../edge/index.ts';
import { isKilled, registerFlagMetrics } from '../flags/index.ts';
import { createLog, createProcessMetrics, type SettingsOf } from '../shared/index.ts';
import { openEdge } from './compose-edge.ts';
import { openDoors, type Doors } from './doors.ts';
import { liveUnits, measuredUnits, type ComposeHooks } from './compose-sync.ts';
import { ConfigurationFollower } from './configuration-follower.ts';
import { openFlagServer, startFlags, startKillSwitch, startWriteLatch } from './flags.ts';
import { startIdentityKeys } from './identity-keys.ts';
import { leadForGood } from './lead-for-good.ts';
import { listen } from './listen.ts';
import { endpointApiOf, flagApiOf, openControl, openRecords, seatAt } from './open-control.ts';
import { OpenParts } from './open-parts.ts';
import type { upSettings } from './settings.ts';
import { subjectOptions } from './subject-options.ts';
import { startTracing } from './watch.ts';

type Env = Readonly<Record<string, string | undefined>>;

export type UpSettings = SettingsOf<typeof upSettings>;

/** Everything `banyan up` runs in one process, and how to end it. */
export interface Running {
  readonly edgePort: number;
  readonly doors: Doors;
  readonly controlPort: number;
  readonly units: ReadonlyMap<string, LiveUnit>;
  readonly controller: Controller;
  /** Rejects when somebody else leads by now: this process must end. */
  readonly ended: Promise<void>;
  reload(intent: Intent): Promise<Reload>;
  stop(): Promise<void>;
}

/**
 * Sync, control and edge in one process: the parts of the three others, joined without a network between them. While
 * another control process leads on this control database it waits, with nothing started.
 */
export async function compose(
  settings: UpSettings,
  env: Env,
  hooks: ComposeHooks = {},
  signal?: AbortSignal,
): Promise<Running> {
  const subject = subjectOptions(settings, env);
  const declaration = readDeclaration(settings.BANYAN_PLANS, env);
  const units = await loadMappings(declaration);
  return OpenParts.with((open) => build({ settings, env, declaration, units, subject, hooks, signal }, open));
}

interface Blueprint {
  readonly settings: UpSettings;
  readonly env: Env;
  readonly declaration: Declaration;
  readonly units: readonly Unit[];
  readonly subject: SubjectOptions;
  readonly hooks: ComposeHooks;
  readonly signal: AbortSignal | undefined;
}

async function build(
  { settings, env, declaration, units, subject, hooks, signal }: Blueprint,
  open: OpenParts,
): Promise<Running> {
  const log = createLog('banyan', settings.LOG_LEVEL);
  const { BANYAN_ADMIN_TOKEN: token, CONTROL_DATABASE_URL: databaseUrl, HOST: host } = settings;
  const records = await openRecords(databaseUrl, log, open);
  const killSwitch = await startKillSwitch(settings, units, log, open);
  const writeLatch = await startWriteLatch(settings, units, log, open);
  const identityKeys = await startIdentityKeys(settings, log, open);
  const flags = await startFlags(settings, units, log, open);
  const tracing = await startTracing(settings, 'banyan', log, open);
  const live = liveUnits({ settings, units, log, tracing, hooks });
  const recordOf = (unit: string): UnitRecord | undefined => records.states.get(unit);
  const registry = createProcessMetrics();
  registerStreamMetrics(registry, measuredUnits(live));
  registerFlagMetrics(registry, flags);
  const marksOf = (unit: string): LiveUnit => known(live, unit);
  const told = { recordOf, marksOf, registrations: records.endpoints };
  const watch = { flags, killSwitch, writeLatch, effects: localJudge(live), identityKeys, tracing, registry, log };
  const edge = openEdge({ settings, subject, declaration, ...told, ...watch });
  const follower = new ConfigurationFollower({
    edge,
    settings,
    declaration,
    env,
    withDatabases: true,
  });
  const edges = edgeGroup(edge, follower, units);
  const { BANYAN_PLANS: folder } = settings;
  const configurations = new Configurations({
    ...records,
    declaration,
    folder,
    env,
    edges,
    recordOf,
    withDatabases: true,
    log,
  });
  const front = new FrontApi({
    ...records,
    token,
    registry,
    flagApi: flagApiOf(openFlagServer(settings, flags, open)),
    endpointApi: endpointApiOf(settings, records.endpoints, () => configurations.current),
  });
  const { leadership } = records;
  const controlHost = '127.0.0.1';
  const controlPort = await listen(front.app, settings.BANYAN_CONTROL_PORT, controlHost, open);
  await leadForGood(leadership, seatAt(controlHost, controlPort), open, signal);
  const { controller, shadow, api } = openControl(
    {
      ...records,
      runtimes: live,
      traffic: new OwnTraffic(registry),
      edges,
      configurations,
      isKilled: (unit) => isKilled(unit, flags) || killSwitch.isKilled(unit),
      flags,
      tracing,
      metrics: registry,
      log,
    },
    open,
  );
  registerLeaderMetrics(registry, leadership);
  await controller.start();
  await records.states.start();
  await records.endpoints.start();
  await configurations.start();
  await shadow.start();
  front.open(api);
  open.add(() => Promise.resolve(front.close()));
  open.add(() => edge.close());
  await edge.listenAdmin(settings.BANYAN_METRICS_PORT, host);
  const doors = await openDoors(edge, settings);
  const reload = (intent: Intent): Promise<Reload> => configurations.reload(intent);
  const { ended } = leadership;
  return { edgePort: doors.port, doors, controlPort, units: live, controller, ended, reload, stop: () => open.close() };
}

function known(live: ReadonlyMap<string, LiveUnit>, unit: string): LiveUnit {
  const found = live.get(unit);
  if (!found) throw new RangeError(`no unit ${unit}`);
  return found;
}

/** The one edge of this process. It has learned a record in the moment it is published. */
function edgeGroup(edge: Edge, follower: ConfigurationFollower, units: readonly Unit[]): EdgeGroup {
  const names = units.map(({ plan }) => plan.unit);
  return {
    orderRuns: (orders) => names.forEach((unit) => edge.orderShadow(unit, orders[unit])),
    ledgers: () => names.flatMap((unit) => edge.shadowLedger(unit) ?? []),
    hold: (unit, options) => edge.hold(unit, options),
    release: (unit) => Promise.resolve(edge.release(unit)),
    counts: (unit) => edge.counts(unit),
    flags: () => edge.flags(),
    edges: () => [{ name: 'banyan up', address: '' }],
    configure: async (order) => {
      const problem = follower.take(order);
      return [{ edge: 'banyan up', ms: 0, ...(problem !== undefined && { problem }) }];
    },
  };
}
