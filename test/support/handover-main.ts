import { compose, upSettings } from '../../cli/index.ts';
import type { Direction } from '../../cutover/index.ts';
import { readSettings } from '../../shared/index.ts';

// A whole banyan as a process of its own that performs one handover and kills itself (-9) right after a named step.
const { KILL_AFTER = '', DIRECTION = 'cutover' } = process.env;
const running = await compose(readSettings(upSettings, process.env), process.env);
await running.units.get('trips')?.forward.whenStreaming();
await running.controller.verify('trips', undefined, {});
const armed = async (): Promise<boolean> =>
  (await running.controller.gates('trips')).every((gate) => gate.verdict === 'pass');
while (!(await armed())) await new Promise((resolve) => setTimeout(resolve, 50));
const intent = { who: 'test@here', reason: `dies after ${KILL_AFTER}` };
const result = await running.controller.handOver('trips', DIRECTION as Direction, intent, {
  onStep: ({ step }) => {
    if (step === KILL_AFTER) process.kill(process.pid, 'SIGKILL');
  },
});

// Reached only when the step was never: say why instead of waiting for ever.
process.stderr.write(`${JSON.stringify(result)}\n`);
process.exit(1);
