import { availableParallelism, hostname } from 'node:os';
import { stagesFile, type DeclaredUnit, type UnitRecord } from '../cutover/index.ts';
import { createAdmin, EdgeCluster, type Admin, type IdentityKeys } from '../edge/index.ts';
import type { KillSwitch } from '../flags/index.ts';
import { createLog, describeProblems, messageOf, settingsErrors, type Log, type SettingsOf } from '../shared/index.ts';
import type { RunningEdge } from './compose-edge.ts';
import { doorsOf, portsToDoors } from './doors.ts';
import { startKillSwitch, startWriteLatch } from './flags.ts';
import { startIdentityKeys } from './identity-keys.ts';
import { OpenParts } from './open-parts.ts';
import type { edgeSettings } from './settings.ts';

type Settings = SettingsOf<typeof edgeSettings>;

/** An edge of several processes; `roll` replaces them one after the other. */
export interface RunningCluster extends RunningEdge {
  roll(): Promise<void>;
}

/** Tells a worker which one it is. Of the cluster alone; nobody else sets it. */
export const SLOT = 'BANYAN_EDGE_SLOT';
const START_MS = 60_000;
/** On top of what the settings give a drain. */
const LEAVE_SLACK_MS = 5_000;

export function workersOf({ BANYAN_EDGE_WORKERS: workers }: Settings): number {
  if (Number.isInteger(workers) && workers >= 0) return workers === 0 ? availableParallelism() : workers;
  const problem = { subject: 'BANYAN_EDGE_WORKERS', value: String(workers), expected: 'a whole number, 0 or more' };
  const message = describeProblems([{ ...problem, fix: 'change BANYAN_EDGE_WORKERS' }]);
  throw settingsErrors.error('SETTINGS_INVALID', { message });
}

/**
 * An edge of several processes. This one holds the ports, the admin listener and what is kept on disk; the workers are
 * edges in everything else, each with a name of its own for control.
 */
export function composeCluster(settings: Settings, units: readonly DeclaredUnit[]): Promise<RunningCluster> {
  return OpenParts.with(async (open) => {
    doorsOf(settings); // What is wrong with them is said once, and before anything is started.
    const log = createLog('banyan-edge', settings.LOG_LEVEL);
    const killSwitch = await startKillSwitch(settings, units, log, open);
    const writeLatch = await startWriteLatch(settings, units, log, open);
    const env: Record<string, string> = {};
    const cluster = new EdgeCluster({
      workers: workersOf(settings),
      envOf: (slot) => ({ ...env, [SLOT]: String(slot) }),
      startMs: START_MS,
      leaveMs: settings.BANYAN_UNREADY_MS + settings.BANYAN_DRAIN_MS + LEAVE_SLACK_MS,
      onKeep: stagesKeeper(settings.BANYAN_STAGES, log),
      log,
    });
    const identityKeys = await startIdentityKeys(settings, log, open);
    const admin = adminOf({ settings, units, killSwitch, writeLatch, identityKeys, cluster });
    open.add(() => admin.close());
    const { port: adminPort } = await admin.listen(settings.BANYAN_METRICS_PORT, settings.HOST);
    const name = settings.BANYAN_EDGE_NAME || `${hostname()}:${adminPort}`;
    Object.assign(env, { BANYAN_EDGE_NAME: name, BANYAN_METRICS_PORT: String(adminPort) });
    open.add(() => cluster.stop());
    const doors = portsToDoors(await cluster.start());
    return { ...doors, adminPort, roll: () => cluster.roll(), stop: () => open.close() };
  });
}

interface AdminOf {
  readonly settings: Settings;
  readonly units: readonly DeclaredUnit[];
  readonly killSwitch: KillSwitch;
  /** Workers follow its file. */
  readonly writeLatch: KillSwitch;
  readonly identityKeys: IdentityKeys | undefined;
  readonly cluster: EdgeCluster;
}

/** An operator's word goes to all workers and, from here alone, into the file. */
function adminOf({ settings, units, killSwitch, writeLatch, identityKeys, cluster }: AdminOf): Admin {
  return createAdmin({
    identityKeys,
    writeLatch,
    registry: cluster,
    recorder: cluster.recorder,
    token: settings.BANYAN_ADMIN_TOKEN,
    isReady: () => cluster.isReady,
    units: new Set(units.map(({ plan }) => plan.unit)),
    killSwitch: {
      get killed() {
        return killSwitch.killed;
      },
      set: (unit, killed) => {
        cluster.kill(unit, killed);
        return killSwitch.set(unit, killed);
      },
    },
  });
}

/** Of what several workers want kept, the newest epoch of each unit: one of them may have heard later than another. */
function stagesKeeper(path: string, log: Log): (value: unknown) => void {
  const file = stagesFile(path);
  const known = new Map<string, UnitRecord>();
  return (value) => {
    const fresh = (value as readonly UnitRecord[]).filter(({ unit, epoch }) => epoch > (known.get(unit)?.epoch ?? -1));
    if (fresh.length === 0) return;
    for (const record of fresh) known.set(record.unit, record);
    file.write([...known.values()]).catch((error: unknown) => {
      log.error({ file: path, reason: messageOf(error) }, 'the stages cannot be kept for the next start');
    });
  };
}
