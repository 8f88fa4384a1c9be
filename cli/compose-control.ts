import {
  FrontApi,
  registerLeaderMetrics,
  type Controller,
  type Declaration,
  type Intent,
  type Reload,
} from '../cutover/index.ts';
import { isKilled } from '../flags/index.ts';
import { createLog, createMetrics, type SettingsOf } from '../shared/index.ts';
import { ControlReign } from './control-reign.ts';
import { openFlagServer, startFlags } from './flags.ts';
import { listen } from './listen.ts';
import { endpointApiOf, flagApiOf, openRecords, seatAt } from './open-control.ts';
import { OpenParts } from './open-parts.ts';
import type { controlSettings } from './settings.ts';
import { startTracing } from './watch.ts';

export interface RunningControl {
  readonly port: number;
  /** Undefined in a standby. */
  controller(): Controller | undefined;
  /** Rejects when this process led and a unit could not be settled. */
  readonly ended: Promise<void>;
  reload(intent: Intent): Promise<Reload>;
  stop(): Promise<void>;
}

/**
 * A process of its own for the controller; of several one leads, and the others stand by. It answers at once: edges learn
 * the stages although sync is not there yet.
 */
export function composeControl(
  settings: SettingsOf<typeof controlSettings>,
  declaration: Declaration,
  env: Readonly<Record<string, string | undefined>>,
): Promise<RunningControl> {
  return OpenParts.with(async (open) => {
    const log = createLog('banyan-control', settings.LOG_LEVEL);
    const records = await openRecords(settings.CONTROL_DATABASE_URL, log, open);
    const { leadership, states, endpoints } = records;
    const tracing = await startTracing(settings, 'banyan-control', log, open);
    const flags = await startFlags(settings, declaration.units, log, open);
    const registry = createMetrics();
    const killed = (unit: string): boolean => isKilled(unit, flags);
    const own = { settings, declaration, env, records, isKilled: killed, flags, tracing, log };
    const reign = new ControlReign({ ...own, front: () => front });
    const front = new FrontApi({
      leadership,
      states,
      token: settings.BANYAN_ADMIN_TOKEN,
      registry,
      flagApi: flagApiOf(openFlagServer(settings, flags, open)),
      endpointApi: endpointApiOf(settings, endpoints, () => reign.declaration),
    });
    registerLeaderMetrics(registry, leadership);
    await states.start();
    await endpoints.start();
    const port = await listen(front.app, settings.BANYAN_CONTROL_PORT, settings.HOST, open);
    open.add(() => leadership.stop());
    await leadership.start(seatAt(settings.HOST, port), reign.lead);
    return {
      port,
      controller: () => reign.controller,
      ended: leadership.ended,
      reload: async (intent) => reign.reload(intent),
      stop: () => open.close(),
    };
  });
}
