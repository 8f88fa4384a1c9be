import type { NamedPoint } from '../cdc/index.ts';
import { createSyncApi, LiveUnit, registerStreamMetrics, type MeasuredUnit, type Unit } from '../cutover/index.ts';
import { createLog, createProcessMetrics, type Log, type SettingsOf, type Tracing } from '../shared/index.ts';
import { changeSources, type SourceSettings } from './change-sources.ts';
import { listen } from './listen.ts';
import { OpenParts } from './open-parts.ts';
import type { syncSettings } from './settings.ts';
import { startTracing } from './watch.ts';

/** What a test may hook into a run: named points of the streams, where it delays or stops them. */
export interface ComposeHooks {
  readonly at?: (point: NamedPoint) => void | Promise<void>;
}

export interface SyncParts {
  readonly settings: SourceSettings & { readonly LEGACY_DATABASE_URL: string };
  readonly units: readonly Unit[];
  readonly log: Log;
  readonly tracing: Tracing | undefined;
  readonly hooks?: ComposeHooks;
}

/** The units on their databases, by name; nothing is started. */
export function liveUnits({ settings, units, log, tracing, hooks = {} }: SyncParts): ReadonlyMap<string, LiveUnit> {
  const { LEGACY_DATABASE_URL: legacyDatabaseUrl } = settings;
  const createSource = changeSources(settings, log);
  return new Map(
    units.map((unit) => [
      unit.plan.unit,
      new LiveUnit({ unit, legacyDatabaseUrl, createSource, log, tracing, ...hooks }),
    ]),
  );
}

/** Both streams of every unit, for the metrics. */
export function measuredUnits(live: ReadonlyMap<string, LiveUnit>): MeasuredUnit[] {
  return [...live].map(([unit, runtime]) => {
    const { forward, reverse } = runtime;
    return {
      unit,
      streams: { forward, reverse },
      levelAgeMs: () => runtime.levelAgeMs(),
      isRetired: () => runtime.isRetired,
    };
  });
}

export interface RunningSync {
  readonly port: number;
  readonly units: ReadonlyMap<string, LiveUnit>;
  stop(): Promise<void>;
}

/** A process of its own for everything that touches the databases of both sides. Answers once its streams are started. */
export function composeSync(
  settings: SettingsOf<typeof syncSettings>,
  units: readonly Unit[],
  hooks: ComposeHooks = {},
): Promise<RunningSync> {
  return OpenParts.with(async (open) => {
    const log = createLog('banyan-sync', settings.LOG_LEVEL);
    const tracing = await startTracing(settings, 'banyan-sync', log, open);
    const live = liveUnits({ settings, units, log, tracing, hooks });
    open.add(() => Promise.all([...live.values()].map((unit) => unit.stop())));
    for (const unit of live.values()) await unit.start();
    const registry = createProcessMetrics();
    registerStreamMetrics(registry, measuredUnits(live));
    const api = createSyncApi({ units: live, token: settings.BANYAN_ADMIN_TOKEN, registry });
    const port = await listen(api, settings.BANYAN_SYNC_PORT, settings.HOST, open);
    return { port, units: live, stop: () => open.close() };
  });
}
