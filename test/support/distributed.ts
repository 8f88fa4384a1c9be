import type { UnitLine } from '../../cli/index.ts';
import { waitUntil } from '../../shared/index.ts';
import { createOperator, type Operator } from './operator.ts';
import { startProgram, type Program } from './program.ts';
import type { World } from './world.ts';

export type ProcessName = 'sync' | 'control' | 'edge';

/** Banyan as three processes against a world, each of which can be killed and started again. */
export interface Distributed {
  readonly edgeUrl: string;
  readonly operator: Operator;
  /** What control says of the unit. */
  unit(): Promise<UnitLine>;
  start(name: ProcessName): Promise<void>;
  kill(name: ProcessName): Promise<void>;
  /** The last words of a process, for a failed test. */
  log(name: ProcessName): string;
  /** Walks the unit up to a stage. Gates that lack samples are asked again: whoever calls this keeps traffic running. */
  walkTo(stage: 'shadow' | 'canary' | 'reads' | 'owned'): Promise<void>;
  stop(): Promise<void>;
}

export interface DistributedOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly onCommand?: (args: readonly string[]) => void;
}

const names = ['edge', 'control', 'sync'] as const;

/** All three are started at once, in no order. */
export async function startDistributed(world: World, options: DistributedOptions = {}): Promise<Distributed> {
  const processes = new Processes({ ...world.env, ...options.env });
  try {
    await Promise.all(names.map((name) => processes.start(name)));
  } catch (error) {
    await processes.stop();
    throw error;
  }
  const operator = createOperator(world.env, options.onCommand);
  const unit = (): Promise<UnitLine> => unitOf(world);
  return {
    edgeUrl: `http://127.0.0.1:${world.env['PORT']}`,
    operator,
    unit,
    start: (name) => processes.start(name),
    kill: (name) => processes.kill(name),
    log: (name) => processes.log(name),
    walkTo: (stage) => walkTo(operator, unit, stage),
    stop: () => processes.stop(),
  };
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

async function unitOf(world: World): Promise<UnitLine> {
  const response = await fetch(`${world.env['BANYAN_CONTROL_URL']}/v1/units`, {
    headers: { authorization: `Bearer ${world.env['BANYAN_ADMIN_TOKEN']}` },
  });
  const { units } = (await response.json()) as { units: UnitLine[] };
  const unit = units[0];
  if (!unit) throw new Error('banyan knows no unit');
  return unit;
}

async function walkTo(operator: Operator, unit: () => Promise<UnitLine>, stage: string): Promise<void> {
  const streams = async (): Promise<boolean> => (await unit()).measured.sync?.ready === true;
  if (!(await waitUntil(streams, { budgetMs: 60_000, everyMs: 100 }))) throw new Error('the copy never streamed');
  await operator.run('verify', 'trips');
  let refusal = '';
  const arrived = async (): Promise<boolean> => {
    const at = (await unit()).record.stage.name;
    if (at === stage) return true;
    const move = at === 'reads' ? ['cutover', 'trips'] : ['stage', 'trips', 'next'];
    ({ output: refusal } = await operator.attempt(...move, '--reason', 'proof'));
    return false;
  };
  if (!(await waitUntil(arrived, { budgetMs: 90_000, everyMs: 50 }))) throw new Error(`never at ${stage}: ${refusal}`);
}
