import type { UnitLine } from '../../cli/index.ts';
import type { HandoverMove } from '../../cutover/index.ts';
import { ApiClient, BanyanError, waitUntil } from '../../shared/index.ts';
import { who } from './banyan.ts';
import { freePort } from '../../stack/index.ts';
import { startProgram, type Program } from './program.ts';
import { quickPlans } from './plans.ts';
import type { World } from './world.ts';

export type ProcessName = 'sync' | 'control' | EdgeName;
/** The first edge, and those after it. */
export type EdgeName = 'edge' | `edge-${number}`;

/** Banyan as three processes against a world, each of which can be killed and started again. */
export interface Distributed {
  readonly edgeUrl: string;
  /** Of all edges, the first one's first. */
  readonly edgeUrls: readonly string[];
  /** The control API. */
  readonly control: ApiClient;
  /** What control says of the unit. */
  unit(): Promise<UnitLine>;
  /** The values that a process publishes at `/metrics`, by name and labels. */
  metrics(name: ProcessName): Promise<ReadonlyMap<string, number>>;
  start(name: ProcessName): Promise<void>;
  kill(name: ProcessName): Promise<void>;
  /** Stops a process in its tracks, or lets it go on, without its knowledge. */
  freeze(name: ProcessName, isFrozen: boolean): void;
  /** The last words of a process, for a failed test. */
  log(name: ProcessName): string;
  /** Walks the unit up to a stage. Gates that lack samples are asked again: whoever calls this keeps traffic running. */
  walkTo(stage: 'shadow' | 'canary' | 'reads' | 'owned'): Promise<void>;
  handOver(direction: 'cutover' | 'rollback'): Promise<HandoverMove>;
  verify(): Promise<{ readonly rows: number; readonly wrong: number }>;
  stop(): Promise<void>;
}

export interface DistributedOptions {
  /** How many edges there are. */
  readonly edges?: number;
  /** False where sync runs somewhere else. */
  readonly sync?: boolean;
  /** False where control runs somewhere else. */
  readonly control?: boolean;
}

/** All are started at once, in no order. */
export async function startDistributed(
  world: World,
  env: Readonly<Record<string, string>> = {},
  { edges = 1, sync = true, control: ownControl = true }: DistributedOptions = {},
): Promise<Distributed> {
  const others = await Promise.all(Array.from({ length: edges - 1 }, (_, i) => anotherEdge(world, i + 2)));
  const processes = new Processes({ BANYAN_PLANS: quickPlans(), ...world.env, ...env }, new Map(others));
  const shared: ProcessName[] = [...(ownControl ? ['control' as const] : []), ...(sync ? ['sync' as const] : [])];
  const names: ProcessName[] = ['edge', ...others.map(([name]) => name), ...shared];
  try {
    await Promise.all(names.map((name) => processes.start(name)));
  } catch (error) {
    await processes.stop();
    throw error;
  }
  const control = controlOf({ ...world.env, ...env });
  const handOver = (direction: string): Promise<HandoverMove> =>
    control.run(`/v1/units/trips/${direction}`, who, () => undefined);
  return {
    edgeUrl: `http://127.0.0.1:${world.env['PORT']}`,
    edgeUrls: [world.env, ...others.map(([, own]) => own)].map(({ PORT }) => `http://127.0.0.1:${PORT}`),
    control,
    unit: () => unitOf(control),
    metrics: (name) => metricsOf(world, name),
    start: (name) => processes.start(name),
    kill: (name) => processes.kill(name),
    freeze: (name, isFrozen) => processes.freeze(name, isFrozen),
    log: (name) => processes.log(name),
    walkTo: (stage) => walkTo(control, stage, handOver),
    handOver,
    verify: () => control.run('/v1/units/trips/verify', {}, () => undefined),
    stop: () => processes.stop(),
  };
}

function controlOf(env: Env): ApiClient {
  const doc = { happened: 'control does not answer', normal: '', todo: 'look at its log' };
  return new ApiClient({
    url: env['BANYAN_CONTROL_URL'] ?? '',
    token: env['BANYAN_ADMIN_TOKEN'] ?? '',
    unreachable: (facts) => new BanyanError('TEST_CONTROL', doc, facts),
  });
}

/** Of each process the listener that wants a token. */
const addresses: Readonly<Record<string, string>> = {
  edge: 'BANYAN_EDGE_URLS',
  control: 'BANYAN_CONTROL_URL',
  sync: 'BANYAN_SYNC_URL',
};

async function metricsOf({ env }: World, name: ProcessName): Promise<ReadonlyMap<string, number>> {
  const headers = { authorization: `Bearer ${env['BANYAN_ADMIN_TOKEN']}` };
  const text = await (await fetch(`${env[addresses[name] ?? '']}/metrics`, { headers })).text();
  const lines = text.matchAll(/^(\w+(?:\{.*\})?) (\S+)$/gm);
  return new Map([...lines].map(([, of = '', value]) => [of, Number(value)]));
}

/** What an edge beside the first one must have for itself. */
async function anotherEdge({ env }: World, number: number): Promise<readonly [EdgeName, Record<string, string>]> {
  const [port, adminPort] = await Promise.all([freePort(), freePort()]);
  const files = { BANYAN_STAGES: `${env['BANYAN_STAGES']}.${number}`, KILL_FILE: `${env['KILL_FILE']}.${number}` };
  return [`edge-${number}`, { PORT: String(port), BANYAN_METRICS_PORT: String(adminPort), ...files }];
}

type Env = Readonly<Record<string, string>>;

class Processes {
  readonly #env: Env;
  readonly #own: ReadonlyMap<ProcessName, Env>;
  readonly #running = new Map<ProcessName, Program>();

  constructor(env: Env, own: ReadonlyMap<ProcessName, Env>) {
    this.#env = env;
    this.#own = own;
  }

  async start(name: ProcessName): Promise<void> {
    const command = name.replace(/-\d+$/, '');
    const program = await startProgram({
      args: ['cli/banyan.mjs', '--json', command],
      env: { ...this.#env, ...this.#own.get(name) },
      readyWhen: new RegExp(`"${command}":"([^"]+)"`),
      budgetMs: 60_000,
    });
    this.#running.set(name, program);
  }

  freeze(name: ProcessName, isFrozen: boolean): void {
    process.kill(this.#running.get(name)?.pid ?? 0, isFrozen ? 'SIGSTOP' : 'SIGCONT');
  }

  async kill(name: ProcessName): Promise<void> {
    await this.#running.get(name)?.kill();
  }

  log(name: ProcessName): string {
    return this.#running.get(name)?.stderr() ?? '';
  }

  async stop(): Promise<void> {
    for (const name of [...this.#running.keys()].toSorted(byOrderOfEnd)) await this.#running.get(name)?.stop();
  }
}

/** Edges first: they end what is under way with the others still there. */
function byOrderOfEnd(a: ProcessName, b: ProcessName): number {
  return Number(b.startsWith('edge')) - Number(a.startsWith('edge'));
}

async function unitOf(control: ApiClient): Promise<UnitLine> {
  const { units } = await control.get<{ units: UnitLine[] }>('/v1/units');
  const unit = units[0];
  if (!unit) throw new Error('banyan knows no unit');
  return unit;
}

async function walkTo(
  control: ApiClient,
  stage: string,
  handOver: (direction: string) => Promise<HandoverMove>,
): Promise<void> {
  const streams = async (): Promise<boolean> => (await unitOf(control)).measured.sync?.ready === true;
  if (!(await waitUntil(streams, { budgetMs: 60_000, everyMs: 50 }))) throw new Error('the copy never streamed');
  await control.run('/v1/units/trips/verify', {}, () => undefined);
  let refusal = '';
  const arrived = async (): Promise<boolean> => {
    const at = (await unitOf(control)).record.stage.name;
    if (at === stage) return true;
    const move = at === 'reads' ? await handOver('cutover') : await control.post('/v1/units/trips/stage', who);
    refusal = JSON.stringify(move);
    return false;
  };
  if (!(await waitUntil(arrived, { budgetMs: 60_000, everyMs: 50 }))) throw new Error(`never at ${stage}: ${refusal}`);
}
