import { readDeclaration } from '../../cutover/index.ts';
import { readSettings } from '../../shared/index.ts';
import { composeEdge } from '../compose-edge.ts';
import type { Context } from '../context.ts';
import { edgeSettings } from '../settings.ts';
import { subjectOptions, withSubjectSettings } from '../subject-options.ts';
import { aborted, print } from '../terminal.ts';

/** Runs one edge until Ctrl-C, then lets it finish what is under way. */
export async function edge(context: Context): Promise<void> {
  const settings = readSettings(withSubjectSettings(edgeSettings, context.env), context.env);
  const subject = subjectOptions(settings, context.env);
  const declaration = readDeclaration(settings.BANYAN_PLANS, context.env, { withDatabases: false });
  const running = await composeEdge(settings, declaration, subject, context.env);
  const url = `http://${settings.HOST}:${running.port}`;
  print(context.output, { edge: url, units: declaration.units.map(({ plan }) => plan.unit) }, `edge     ${url}`);
  await aborted(context.signal);
  await running.stop();
}
