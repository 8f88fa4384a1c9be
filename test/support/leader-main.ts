import { readFileSync } from 'node:fs';
import { composeControl, controlSettings } from '../../cli/index.ts';
import { readDeclaration, type Direction } from '../../cutover/index.ts';
import { messageOf, readSettings } from '../../shared/index.ts';

/** What is to happen: after which step of which handover this process gets which signal. */
interface Fate {
  readonly direction: Direction;
  readonly step: string;
  readonly signal: 'SIGKILL' | 'SIGSTOP';
}

// A control process that, told by SIGUSR2, begins the handover its file FATE names and ends or stops itself in its middle.
const settings = readSettings(controlSettings, process.env);
const declaration = readDeclaration(settings.BANYAN_PLANS, process.env, { withDatabases: false });
const running = await composeControl(settings, declaration, process.env);
const say = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`);

async function meet({ direction, step: last, signal }: Fate): Promise<void> {
  const intent = { who: 'fated@here', reason: `${signal} after ${last}` };
  const result = await running.controller()?.handOver('trips', direction, intent, {
    onStep: ({ step }) => void (step === last && process.kill(process.pid, signal)),
  });
  say({ outcome: result?.outcome ?? 'no leader' });
}

process.on('SIGUSR2', () => {
  const fate = JSON.parse(readFileSync(process.env['FATE'] ?? '', 'utf8')) as Fate;
  meet(fate).catch((error: unknown) => say({ outcome: messageOf(error) }));
});
process.on('SIGTERM', () => void running.stop().then(() => process.exit(0)));
say({ control: running.port });
