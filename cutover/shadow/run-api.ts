import type { Express } from 'express';
import { z } from 'zod';
import type { RouteReport } from '../../edge/index.ts';
import type { UnitStore } from '../control/control-store.ts';
import { noteOf, type Intent } from '../unit/intent.ts';
import type { ShadowRuns, RunReport } from './shadow-runs.ts';

const share = z.number().min(0).max(1);
const name = z.string().regex(/^[\w.-]{1,64}$/, 'expected letters, digits, . - and _');

const beginning = z.strictObject({
  who: z.string().min(1),
  reason: z.string().default(''),
  name: name.optional(),
  target: z
    .strictObject({
      samples: z.number().int().positive().optional(),
      durationS: z.number().int().positive().optional(),
    })
    .optional(),
  sampling: z
    .strictObject({
      rate: share.exactOptional(),
      routes: z.record(z.string(), share).exactOptional(),
      subjects: share.exactOptional(),
      perSecond: z.number().positive().max(10_000).exactOptional(),
      secondControl: share.exactOptional(),
      repeatS: z.number().min(0).max(86_400).exactOptional(),
      seed: z.number().int().min(0).exactOptional(),
    })
    .optional(),
});
const ending = z.strictObject({ who: z.string().min(1), reason: z.string().default('') });
const MOST_LISTED = 20;

/** Runs of mirroring: begin, end, list, report. Beginnings and ends by hand are journalled. */
export function serveRuns(app: Express, runs: ShadowRuns, store: Pick<UnitStore, 'read' | 'note'>): void {
  const note = async (unit: string, intent: Intent, action: string, detail: object): Promise<void> =>
    store.note(await store.read(unit), noteOf(intent, action, detail));
  app.post('/v1/units/:unit/shadow/start', async (request, response) => {
    const { unit } = request.params;
    const wanted = beginning.parse(request.body);
    const run = await runs.begin(unit, wanted);
    await note(unit, wanted, 'shadow-start', { run: run.name, digest: run.digest });
    response.json({ result: run });
  });
  app.post('/v1/units/:unit/shadow/stop', async (request, response) => {
    const { unit } = request.params;
    const intent = ending.parse(request.body);
    const run = await runs.end(unit);
    await note(unit, intent, 'shadow-stop', { run: run.name });
    response.json({ result: run });
  });
  app.get('/v1/units/:unit/shadow', async (request, response) => {
    const { unit } = request.params;
    const standing = runs.standing(unit);
    response.json({ runs: await runs.list(unit, MOST_LISTED), ...(standing && { last: standing }) });
  });
  app.get('/v1/units/:unit/shadow/report', async (request, response) => {
    const { run } = z.object({ run: name.optional() }).parse(request.query);
    response.json({ report: onTheWire(await runs.report(request.params.unit, run)) });
  });
}

/** A report as JSON can say it: routes as a list, in the order of the plan. */
export interface WireReport extends Omit<RunReport, 'sum'> {
  readonly seen: readonly RouteReport[];
  readonly skipped: RunReport['sum']['skipped'];
}

function onTheWire({ sum, ...standing }: RunReport): WireReport {
  return { ...standing, seen: [...sum.routes.values()], skipped: sum.skipped };
}
