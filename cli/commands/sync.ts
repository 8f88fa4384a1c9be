import { loadUnits } from '../../cutover/index.ts';
import { readSettings } from '../../shared/index.ts';
import { composeSync } from '../compose-sync.ts';
import type { Context } from '../context.ts';
import { refuseProblems } from '../refuse-problems.ts';
import { syncSettings } from '../settings.ts';
import { showSnapshots } from '../show-snapshots.ts';
import { aborted, print } from '../terminal.ts';

/** Runs the streams, fences and comparisons of all units until Ctrl-C: everything that touches both databases. */
export async function sync(context: Context): Promise<void> {
  const settings = readSettings(syncSettings, context.env);
  const units = await loadUnits(settings.BANYAN_PLANS, context.env);
  await refuseProblems(units, settings);
  const running = await composeSync(settings, units);
  const url = `http://${settings.HOST}:${running.port}`;
  print(context.output, { sync: url, units: [...running.units.keys()] }, `sync     ${url}`);
  await showSnapshots(running.units, context.signal);
  await aborted(context.signal);
  await running.stop();
}
