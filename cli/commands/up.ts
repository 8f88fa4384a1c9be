import { loadUnits, type LiveUnit } from '../../cutover/index.ts';
import { readSettings, systemClock } from '../../shared/index.ts';
import { compose } from '../compose.ts';
import type { Context } from '../context.ts';
import { cliErrors } from '../errors.ts';
import { upSettings } from '../settings.ts';
import { print, Progress } from '../terminal.ts';
import { checkDatabases } from './doctor.ts';

/** Runs edge, sync and control in one process until Ctrl-C. Nothing is changed anywhere before all checks are clean. */
export async function up(context: Context): Promise<void> {
  const settings = readSettings(upSettings, context.env);
  await refuseProblems(await loadUnits(settings.BANYAN_PLANS, context.env), settings.LEGACY_DATABASE_URL);
  const running = await compose(settings, context.env);
  const edge = `http://${settings.HOST}:${running.edgePort}`;
  const control = `http://127.0.0.1:${running.controlPort}`;
  print(context.output, { edge, control, units: [...running.units.keys()] }, `edge     ${edge}\ncontrol  ${control}`);
  await showSnapshots(running.units, context.signal);
  await aborted(context.signal);
  await running.stop();
}

async function refuseProblems(units: Awaited<ReturnType<typeof loadUnits>>, legacyDatabaseUrl: string): Promise<void> {
  const problems = (await Promise.all(units.map((unit) => checkDatabases(unit, legacyDatabaseUrl)))).flat();
  if (problems.length === 0) return;
  const lines = problems.map((p) => `${p.subject} is ${p.value}; expected ${p.expected}. Fix: ${p.fix}`);
  throw cliErrors.error('DOCTOR_FOUND', { message: `nothing was started or changed:\n${lines.join('\n')}` });
}

/** Follows the first copy of each unit on the terminal until it streams. */
async function showSnapshots(units: ReadonlyMap<string, LiveUnit>, signal: AbortSignal): Promise<void> {
  const progress = new Progress(process.stderr);
  for (const [name, unit] of units) {
    for (
      let state = unit.forward.state();
      state.kind === 'snapshotting' && !signal.aborted;
      state = unit.forward.state()
    ) {
      progress.show(`copying ${name}`, state.rows, state.totalRows);
      await systemClock.sleep(200, signal);
    }
  }
  progress.end();
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
