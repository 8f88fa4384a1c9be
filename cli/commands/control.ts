import { readDeclaration } from '../../cutover/index.ts';
import { readSettings } from '../../shared/index.ts';
import { composeControl } from '../compose-control.ts';
import type { Context } from '../context.ts';
import { reloadOnHangup } from '../reload-on-hangup.ts';
import { controlSettings } from '../settings.ts';
import { aborted, print } from '../terminal.ts';

/** Leads, or stands by, until Ctrl-C. It fails when a unit cannot be settled: then somebody has to look. */
export async function control(context: Context): Promise<void> {
  const settings = readSettings(controlSettings, context.env);
  const declaration = readDeclaration(settings.BANYAN_PLANS, context.env, { withDatabases: false });
  const running = await composeControl(settings, declaration, context.env);
  const url = `http://${settings.HOST}:${running.port}`;
  print(context.output, { control: url, units: declaration.units.map(({ plan }) => plan.unit) }, `control  ${url}`);
  reloadOnHangup(running);
  try {
    await Promise.race([running.ended, aborted(context.signal)]);
  } finally {
    await running.stop();
  }
}
