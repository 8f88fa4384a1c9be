import { loadUnits } from '../../cutover/index.ts';
import { readSettings } from '../../shared/index.ts';
import { compose } from '../compose.ts';
import type { Context } from '../context.ts';
import { linesOf, urlsOf } from '../doors.ts';
import { refuseProblems } from '../refuse-problems.ts';
import { reloadOnHangup } from '../reload-on-hangup.ts';
import { upSettings } from '../settings.ts';
import { withSubjectSettings } from '../subject-options.ts';
import { showSnapshots } from '../show-snapshots.ts';
import { aborted, print } from '../terminal.ts';

/** Runs edge, sync and control in one process until Ctrl-C. Nothing is changed anywhere before all checks are clean. */
export async function up(context: Context): Promise<void> {
  const settings = readSettings(withSubjectSettings(upSettings, context.env), context.env);
  await refuseProblems(await loadUnits(settings.BANYAN_PLANS, context.env), settings);
  const running = await compose(settings, context.env, {}, context.signal);
  const urls = { ...urlsOf(settings.HOST, running.doors), control: `http://127.0.0.1:${running.controlPort}` };
  print(context.output, { ...urls, units: [...running.units.keys()] }, linesOf(urls));
  reloadOnHangup(running);
  try {
    await showSnapshots(running.units, context.signal);
    await Promise.race([running.ended, aborted(context.signal)]);
  } finally {
    await running.stop();
  }
}
