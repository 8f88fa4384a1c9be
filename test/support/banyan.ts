import { compose, upSettings, type ComposeHooks, type Running } from '../../cli/index.ts';
import type { Direction, HandoverMove } from '../../cutover/index.ts';
import { readSettings, waitUntil } from '../../shared/index.ts';
import { quickPlans } from './plans.ts';
import type { World } from './world.ts';

export const who = { who: 'test@here', reason: 'proof' };

/** Banyan in this process, against a world; what a test needs to delay, stop or command it from inside. */
export interface Banyan extends Running {
  readonly edgeUrl: string;
  /** Walks the unit up to a stage, verifying where the gates ask for it. */
  walkTo(stage: 'shadow' | 'canary' | 'reads' | 'owned'): Promise<void>;
  handOver(direction: Direction): Promise<HandoverMove>;
}

export async function startBanyan(
  world: World,
  hooks: ComposeHooks = {},
  extra: Record<string, string> = {},
): Promise<Banyan> {
  const env = { BANYAN_PLANS: quickPlans(), ...world.env, LOG_LEVEL: 'fatal', ...extra };
  const running = await compose(readSettings(upSettings, env), env, hooks);
  const unit = running.units.get('trips');
  await unit?.forward.whenStreaming();
  const handOver = (direction: Direction): Promise<HandoverMove> =>
    running.controller.handOver('trips', direction, who);
  return {
    ...running,
    edgeUrl: `http://127.0.0.1:${running.edgePort}`,
    handOver,
    walkTo: (stage) => walkTo(running, stage, handOver),
  };
}

/** Gates that still lack samples are asked again; whoever calls this keeps traffic running. */
async function walkTo(
  running: Running,
  stage: string,
  handOver: (direction: Direction) => Promise<HandoverMove>,
): Promise<void> {
  const { controller } = running;
  await controller.verify('trips', 'forward', {});
  let refusal = '';
  const arrived = async (): Promise<boolean> => {
    const [status] = await controller.status();
    const at = status?.record.stage.name;
    if (at === stage) return true;
    const move =
      at === 'reads' ? await handOver('cutover') : await controller.moveStage('trips', { type: 'advance' }, who);
    refusal = JSON.stringify(move);
    return false;
  };
  if (!(await waitUntil(arrived, { budgetMs: 60_000, everyMs: 50 }))) throw new Error(`never at ${stage}: ${refusal}`);
}
