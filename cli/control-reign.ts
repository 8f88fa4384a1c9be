import {
  Configurations,
  EdgeHub,
  EdgeTraffic,
  probe,
  readDeclaration,
  RemoteUnit,
  type Controller,
  type Declaration,
  type FrontApi,
  type Intent,
  type Reign,
  type Reload,
  type UnitRecord,
} from '../cutover/index.ts';
import type { FlagProvider } from '../flags/index.ts';
import { createMetrics, messageOf, type Log, type Registry, type SettingsOf, type Tracing } from '../shared/index.ts';
import { openControl, type Control, type ControlRecords } from './open-control.ts';
import { OpenParts } from './open-parts.ts';
import { syncClient } from './peers.ts';
import type { controlSettings } from './settings.ts';
import { aborted } from './terminal.ts';

export interface ReignParts {
  readonly settings: SettingsOf<typeof controlSettings>;
  /** As this process was started. */
  readonly declaration: Declaration;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly records: ControlRecords;
  readonly front: () => FrontApi;
  readonly isKilled: (unit: string) => boolean;
  readonly flags: Pick<FlagProvider, 'features'>;
  readonly tracing: Tracing | undefined;
  readonly log: Log;
}

interface Opened extends Control {
  readonly metrics: Registry;
  readonly configurations: Configurations;
  readonly hub: EdgeHub;
}

/**
 * What a control process has while it leads, and only then: the controller, the edges that come to it, the configuration
 * in force. Opened anew with each term, from what is in the control database and on disk at that moment.
 */
export class ControlReign {
  readonly #parts: ReignParts;
  #opened: Opened | undefined;
  #declaration: Declaration;

  constructor(parts: ReignParts) {
    this.#parts = parts;
    this.#declaration = parts.declaration;
  }

  /** Undefined in a standby. */
  get controller(): Controller | undefined {
    return this.#opened?.controller;
  }

  /** What is in force, as far as this process knows. */
  get declaration(): Declaration {
    return this.#opened?.configurations.current ?? this.#declaration;
  }

  /** Throws LEADER_ELSEWHERE in a standby. */
  reload(intent: Intent): Promise<Reload> {
    if (!this.#opened) throw this.#parts.records.leadership.elsewhere();
    return this.#opened.configurations.reload(intent);
  }

  /** Fails when a unit cannot be settled: then somebody has to look. */
  readonly lead: Reign = (term, over, ready) =>
    OpenParts.with(async (open) => {
      this.#declaration = this.#readAgain();
      const opened = this.#open(term, open);
      const { api, configurations, controller, hub, metrics, shadow } = opened;
      await configurations.start();
      await hub.start();
      await shadow.start();
      const front = this.#parts.front();
      open.add(() => Promise.resolve(this.#close(front)));
      this.#opened = opened;
      front.open(api, metrics);
      ready();
      await Promise.race([controller.start(), aborted(over)]);
      await aborted(over);
      await open.close();
    });

  #close(front: FrontApi): void {
    this.#opened = undefined;
    front.close();
  }

  /** A standby may have waited for weeks. */
  #readAgain(): Declaration {
    const { settings, env, log } = this.#parts;
    try {
      return readDeclaration(settings.BANYAN_PLANS, env, { withDatabases: false });
    } catch (error) {
      log.error({ problem: messageOf(error) }, 'the plans cannot be read; those of the start stay in force');
      return this.#declaration;
    }
  }

  #open(term: number, open: OpenParts): Opened {
    const { settings, env, records, log, ...parts } = this.#parts;
    const { BANYAN_ADMIN_TOKEN: token, BANYAN_PLANS: folder } = settings;
    const declaration = this.#declaration;
    const sync = syncClient(settings.BANYAN_SYNC_URL, token, term);
    const runtimes = new Map(declaration.units.map((unit) => [unit.plan.unit, new RemoteUnit(unit, sync, log)]));
    const leads = (): boolean => records.leadership.standing().leads;
    const hub = new EdgeHub({ ...records, term, leads, probe, log });
    open.add(() => Promise.resolve(hub.stop()));
    const recordOf = (unit: string): UnitRecord | undefined => records.states.get(unit);
    const from = { declaration, folder, env, withDatabases: false };
    const configurations = new Configurations({ ...records, ...from, edges: hub, recordOf, log });
    const traffic = new EdgeTraffic(hub, token);
    const metrics = createMetrics();
    const measured = { traffic, metrics, log };
    const control = openControl({ ...parts, ...records, runtimes, edges: hub, hub, configurations, ...measured }, open);
    return { ...control, configurations, hub, metrics };
  }
}
