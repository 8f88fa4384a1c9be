import { compose, upSettings } from '../../cli/index.ts';
import type { Direction, StepReport } from '../../cutover/index.ts';
import { readSettings } from '../../shared/index.ts';

// A whole banyan as a process of its own that performs one handover, of a cohort when it
// is told whose, and kills itself (-9) right after a named step.
const { KILL_AFTER = '', DIRECTION = 'cutover', COHORT_KEYS } = process.env;
const running = await compose(readSettings(upSettings, process.env), process.env);
await running.units.get('trips')?.forward.whenStreaming();
const isReturn = COHORT_KEYS !== undefined && DIRECTION === 'rollback';
if (!isReturn) await running.controller.verify('trips', undefined, {});
const armed = async (): Promise<boolean> =>
  (await running.controller.gates('trips')).every((gate) => gate.verdict === 'pass');
if (!isReturn) while (!(await armed())) await new Promise((resolve) => setTimeout(resolve, 50));
const intent = { who: 'test@here', reason: `dies after ${KILL_AFTER}` };
const options = {
  onStep: ({ step }: StepReport) => {
    if (step === KILL_AFTER) process.kill(process.pid, 'SIGKILL');
  },
};
const { controller } = running;
const direction = DIRECTION as Direction;
const result = await (COHORT_KEYS === undefined
  ? controller.handOver('trips', direction, intent, options)
  : controller.moveCohort('trips', { name: 'beta', members: COHORT_KEYS.split(',') }, direction, intent, options));

// Reached only when the step was never: say why instead of waiting for ever.
process.stderr.write(`${JSON.stringify(result)}\n`);
process.exit(1);
