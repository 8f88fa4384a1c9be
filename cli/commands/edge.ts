import { readDeclaration } from '../../cutover/index.ts';
import { EdgeWorker } from '../../edge/index.ts';
import { readSettings } from '../../shared/index.ts';
import { composeCluster, SLOT, workersOf } from '../compose-cluster.ts';
import { composeEdge, type EdgeBlueprint } from '../compose-edge.ts';
import type { Context } from '../context.ts';
import { linesOf, urlsOf, type Doors } from '../doors.ts';
import { edgeSettings } from '../settings.ts';
import { subjectOptions, withSubjectSettings } from '../subject-options.ts';
import { aborted, print } from '../terminal.ts';

/** Runs one edge until Ctrl-C, in one process or several, then lets it finish what is under way. */
export async function edge(context: Context): Promise<void> {
  const settings = readSettings(withSubjectSettings(edgeSettings, context.env), context.env);
  const subject = subjectOptions(settings, context.env);
  const declaration = readDeclaration(settings.BANYAN_PLANS, context.env, { withDatabases: false });
  const wanted = { settings, subject, declaration, env: context.env };
  const worker = EdgeWorker.ofThisProcess();
  if (worker) return runWorker(worker, wanted, context);
  if (workersOf(settings) > 1) return runCluster(wanted, context);
  const running = await composeEdge(wanted);
  say(running, wanted, context);
  await aborted(context.signal);
  await running.stop();
}

/** SIGHUP replaces the processes one after the other, by what is on disk then. */
async function runCluster(wanted: EdgeBlueprint, context: Context): Promise<void> {
  const running = await composeCluster(wanted.settings, wanted.declaration.units);
  const roll = (): void => void running.roll();
  process.on('SIGHUP', roll);
  say(running, wanted, context);
  await aborted(context.signal);
  process.off('SIGHUP', roll);
  await running.stop();
}

async function runWorker(worker: EdgeWorker, wanted: EdgeBlueprint, { env, signal }: Context): Promise<void> {
  process.on('SIGHUP', () => undefined); // A terminal tells all processes; the cluster decides.
  const told = Promise.withResolvers<void>();
  const seat = { worker, slot: env[SLOT] ?? '0', leave: told.resolve };
  const running = await composeEdge({ ...wanted, seat }).catch((error: unknown) => {
    worker.giveUp();
    throw error;
  });
  await Promise.race([aborted(signal), told.promise]);
  await running.stop();
  await worker.bye();
}

function say(doors: Doors, { settings, declaration }: EdgeBlueprint, { output }: Context): void {
  const urls = urlsOf(settings.HOST, doors);
  print(output, { ...urls, units: declaration.units.map(({ plan }) => plan.unit) }, linesOf(urls));
}
