import type { UnitLine } from '../../cli/index.ts';
import type { HandoverMove } from '../../cutover/index.ts';
import { ApiClient, BanyanError, waitUntil } from '../../shared/index.ts';
import { who } from './banyan.ts';
import { startProgram, type Program } from './program.ts';
import type { World } from './world.ts';

export type ProcessName = 'sync' | 'control' | 'edge';

/** Banyan as three processes against a world, each of which can be killed and started again. */
export interface Distributed {
  readonly edgeUrl: string;
  /** The control API. */
  readonly control: ApiClient;
  /** What control says of the unit. */
  unit(): Promise<UnitLine>;
  /** The values that a process publishes at `/metrics`, by name and labels. */
  metrics(name: ProcessName): Promise<ReadonlyMap<string, number>>;
  start(name: ProcessName): Promise<void>;
  kill(name: ProcessName): Promise<void>;
  /** The last words of a process, for a failed test. */
  log(name: ProcessName): string;
  /** Walks the unit up to a stage. Gates that lack samples are asked again: whoever calls this keeps traffic running. */
  walkTo(stage: 'shadow' | 'canary' | 'reads' | 'owned'): Promise<void>;
  handOver(direction: 'cutover' | 'rollback'): Promise<HandoverMove>;
  verify(): Promise<{ readonly rows: number; readonly wrong: number }>;
  stop(): Promise<void>;
}

const names = ['edge', 'control', 'sync'] as const;

/** All three are started at once, in no order. */
export async function startDistributed(world: World, env: Readonly<Record<string, string>> = {}): Promise<Distributed> {
  const processes = new Processes({ ...world.env, ...env });
  try {
    await Promise.all(names.map((name) => processes.start(name)));
  } catch (error) {
    await processes.stop();
    throw error;
  }
  const control = controlOf(world);
  const handOver = (direction: string): Promise<HandoverMove> =>
    control.run(`/v1/units/trips/${direction}`, who, () => undefined);
  return {
    edgeUrl: `http://127.0.0.1:${world.env['PORT']}`,
    control,
    unit: () => unitOf(control),
    metrics: (name) => metricsOf(world, name),
    start: (name) => processes.start(name),
    kill: (name) => processes.kill(name),
    log: (name) => processes.log(name),
    walkTo: (stage) => walkTo(control, stage, handOver),
    handOver,
    verify: () => control.run('/v1/units/trips/verify', {}, () => undefined),
    stop: () => processes.stop(),
  };
}

function controlOf({ env }: World): ApiClient {
  const doc = { happened: 'control does not answer', normal: '', todo: 'look at its log' };
  return new ApiClient({
    url: env['BANYAN_CONTROL_URL'] ?? '',
    token: env['BANYAN_ADMIN_TOKEN'] ?? '',
    unreachable: (facts) => new BanyanError('TEST_CONTROL', doc, facts),
  });
}

/** Of each process the listener that wants a token. */
const addresses = { edge: 'BANYAN_EDGE_URLS', control: 'BANYAN_CONTROL_URL', sync: 'BANYAN_SYNC_URL' } as const;

async function metricsOf({ env }: World, name: ProcessName): Promise<ReadonlyMap<string, number>> {
  const headers = { authorization: `Bearer ${env['BANYAN_ADMIN_TOKEN']}` };
  const text = await (await fetch(`${env[addresses[name]]}/metrics`, { headers })).text();
  const lines = text.matchAll(/^(\w+(?:\{.*\})?) (\S+)$/gm);
  return new Map([...lines].map(([, of = '', value]) => [of, Number(value)]));
}

class Processes {
  readonly #env: Readonly<Record<string, string>>;
  readonly #running = new Map<ProcessName, Program>();

  constructor(env: Readonly<Record<string, string>>) {
    this.#env = env;
  }

  async start(name: ProcessName): Promise<void> {
    const program = await startProgram({
      args: ['cli/banyan.mjs', '--json', name],
      env: this.#env,
      readyWhen: new RegExp(`"${name}":"([^"]+)"`),
      budgetMs: 60_000,
    });
    this.#running.set(name, program);
  }

  async kill(name: ProcessName): Promise<void> {
    await this.#running.get(name)?.kill();
  }

  log(name: ProcessName): string {
    return this.#running.get(name)?.stderr() ?? '';
  }

  async stop(): Promise<void> {
    for (const name of names) await this.#running.get(name)?.stop();
  }
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
