import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { WireReport } from '../../cutover/index.ts';
import { createTraffic, type Traffic } from '../../legacy/index.ts';
import { systemClock, waitUntil } from '../../shared/index.ts';
import { freePort } from '../../stack/index.ts';
import { startBanyan, who, type Banyan } from '../support/banyan.ts';
import { createOperator, type Operator } from '../support/operator.ts';
import { changedPlans, QUICK_SHADOW } from '../support/plans.ts';
import { startProgram, type Program } from '../support/program.ts';
import { startWorld, type World } from '../support/world.ts';
import { DRY_RUN_USER, forgiveNoise, rehearseWrites } from './rehearsed-plan.ts';

export interface DefectWorldOptions {
  readonly requestsPerSecond: number;
  /** How often a list fails where that is the mistake. */
  readonly failureShare: number;
  /** The copy is behind by up to so much, never the same for long. May change meanwhile. */
  readonly lag: { readonly maxLagMs: number };
}

export interface RunOptions {
  readonly isEnough: (report: WireReport) => boolean;
  /** A run that has not shown enough until then is ended. */
  readonly budgetMs?: number;
}

/** What a run is begun with: every read that there is room for, and legacy asked twice for each. */
const EVERYTHING = ['--per-second', '500', '--second', '100', '--reason', 'seeded defects'];

/**
 * The real monolith and a copy of the real trips service, with noise in front of both, Banyan between, and users. At
 * stage shadow; no run goes on.
 */
export class DefectWorld {
  readonly operator: Operator;
  readonly traffic: Traffic;
  readonly #world: World;
  readonly #banyan: Banyan;
  readonly #noise: readonly Program[];
  readonly #startService: StartService;
  #service: Program;

  private constructor(parts: Parts) {
    this.#world = parts.world;
    this.#banyan = parts.banyan;
    this.#noise = parts.noise;
    this.#startService = parts.startService;
    this.#service = parts.service;
    this.operator = createOperator({ ...parts.world.env, BANYAN_PLANS: parts.plans });
    this.traffic = parts.traffic;
  }

  static async start(options: DefectWorldOptions): Promise<DefectWorld> {
    const world = await startWorld({ size: { users: 100, vehicles: 20, trips: 500 } });
    await world.serviceDb.sql(DRY_RUN_USER);
    const startService = serviceStarter(world, options.failureShare, await freePort());
    const service = await startService([]);
    const noise = await Promise.all([startNoise(world.legacyUrl), startNoise(service.ready)]);
    const [LEGACY_URL = '', TRIPS_URL = ''] = noise.map(({ ready }) => ready);
    const plans = changedPlans((plan) => {
      rehearseWrites(plan);
      forgiveNoise(plan);
      Object.assign(plan['gates'] ?? {}, { shadow: { ...QUICK_SHADOW, maxMismatchPercent: 1 } });
    });
    const hooks = lagging(options.lag);
    const banyan = await startBanyan(world, hooks, { BANYAN_PLANS: plans, LEGACY_URL, TRIPS_URL });
    const { requestsPerSecond } = options;
    const traffic = createTraffic({ baseUrl: banyan.edgeUrl, users: { from: 11, count: 60 }, requestsPerSecond });
    await traffic.start();
    await banyan.controller.moveStage('trips', { type: 'advance' }, who);
    const started = new DefectWorld({
      world,
      banyan,
      noise,
      startService,
      service,
      plans,
      traffic,
    });
    await started.#endTheFirst();
    return started;
  }

  /** Has a run made with these mistakes in the service, until enough of it is seen, and gives its report as it ended. */
  async run(
    name: string,
    defects: readonly string[],
    { isEnough, budgetMs = DAY_MS }: RunOptions,
  ): Promise<WireReport> {
    await this.#serve(defects);
    await this.operator.run('shadow', 'start', 'trips', '--name', name, ...EVERYTHING);
    await waitUntil(async () => (this.#letGoOn(), isEnough(await this.#report())), { budgetMs, everyMs: 200 });
    await this.operator.run('shadow', 'stop', 'trips', '--reason', 'enough');
    const { json, output } = await this.operator.attempt('shadow', 'report', 'trips', '--run', name);
    if (json === undefined) throw new Error(`there is no report of run ${name}: ${output}`);
    return json as WireReport;
  }

  async stop(): Promise<void> {
    await this.traffic.stop();
    await this.#banyan.stop();
    await Promise.all([...this.#noise, this.#service].map((program) => program.stop()));
    await this.#world.stop();
  }

  /**
   * A rehearsal that a restart or a busy machine cut off was not acknowledged, and stops the others until an operator has
   * looked; of this service it is known that it has not written.
   */
  #letGoOn(): void {
    const file = this.#world.env['SHADOW_WRITES_FILE'] ?? '';
    if (existsSync(file) && readFileSync(file, 'utf8').trim() !== '') writeFileSync(file, '');
  }

  /** On the port it always has. */
  async #serve(defects: readonly string[]): Promise<void> {
    await this.#service.stop();
    this.#service = await this.#startService(defects);
  }

  async #report(): Promise<WireReport> {
    const { BANYAN_CONTROL_URL: url = '', BANYAN_ADMIN_TOKEN: token = '' } = this.#world.env;
    const answer = await fetch(`${url}/v1/units/trips/shadow/report`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return ((await answer.json()) as { report: WireReport }).report;
  }

  /** At stage shadow one is begun by itself. */
  async #endTheFirst(): Promise<void> {
    const isOn = async (): Promise<boolean> =>
      (await this.#banyan.controller.status())[0]?.measured.shadow !== undefined;
    await waitUntil(isOn, { budgetMs: 30_000, everyMs: 50 });
    await this.operator.run('shadow', 'stop', 'trips', '--reason', 'others come');
  }
}

const DAY_MS = 86_400_000;

interface Parts {
  readonly world: World;
  readonly banyan: Banyan;
  readonly noise: readonly Program[];
  readonly startService: StartService;
  readonly service: Program;
  readonly plans: string;
  readonly traffic: Traffic;
}

type StartService = (defects: readonly string[]) => Promise<Program>;

function serviceStarter({ env, serviceDb }: World, failureShare: number, port: number): StartService {
  return (defects) =>
    startProgram({
      args: [
        'test/defects/service-main.ts',
        ...defects.flatMap((defect) => ['--defect', defect]),
        '--failures',
        String(failureShare),
      ],
      env: {
        TRIPS_APP_DATABASE_URL: serviceDb.url('trips_app', 'example', 'trips'),
        TRIPS_DRY_RUN_DATABASE_URL: serviceDb.url('trips_dry_run', 'example', 'trips'),
        BANYAN_IDENTITY_KEY: env['BANYAN_IDENTITY_KEY'] ?? '',
        PORT: String(port),
      },
      readyWhen: /trips listening on (\S+)/,
    });
}

function startNoise(target: string): Promise<Program> {
  return startProgram({
    args: ['test/defects/noise-main.ts', '--target', target],
    env: {},
    readyWhen: /noise listening on (\S+)/,
  });
}

/** What legacy writes arrives late, a while that changes every second. */
function lagging(lag: DefectWorldOptions['lag']): Parameters<typeof startBanyan>[1] {
  let [lagMs, until] = [0, 0];
  return {
    at: (point) => {
      if (point !== 'apply:begin' || lag.maxLagMs === 0) return undefined;
      if (performance.now() > until) [lagMs, until] = [Math.random() * lag.maxLagMs, performance.now() + 1_000];
      return systemClock.sleep(lagMs);
    },
  };
}

/** `GET /api/trips: value $.fare`: everything that a run says is wrong. */
export function findingsOf({ routes, writes }: Pick<WireReport, 'routes' | 'writes'>): string[] {
  return [
    ...routes.flatMap(({ route, findings }) => findings.map(({ class: kind, path }) => `${route}: ${kind} ${path}`)),
    ...writes.flatMap(({ route, findings }) => findings.map(({ kind, path }) => `${route}: ${kind} ${path}`)),
  ];
}
