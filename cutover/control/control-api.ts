import express, { type Express, type Request } from 'express';
import { z } from 'zod';
import type { Controller } from '../controller.ts';
import type { CallerWatch } from '../callers/caller-watch.ts';
import type { ControlStore } from './control-store.ts';
import type { EdgeHub } from '../edges/edge-hub.ts';
import type { LeaderStanding } from '../leader/leadership.ts';
import { serveEdges } from '../edges/edge-transport.ts';
import { cutoverErrors } from '../errors.ts';
import type { Configurations } from '../configuration/configurations.ts';
import { approvalSchema } from '../approvals/approval.ts';
import { approvedSteps } from '../approvals/approval-plan.ts';
import { intentSchema } from '../unit/intent.ts';
import { parkedRequest } from '../unit/parked.ts';
import type { ProgressView } from '../progress/progress-view.ts';
import { brownoutVerbs, type Brownouts } from '../retirement/brownouts.ts';
import { rampVerbs, type Ramps } from '../ramp/ramps.ts';
import { answerError, streamed } from '../remote/http-api.ts';
import { serveRuns } from '../shadow/run-api.ts';
import type { ShadowRuns } from '../shadow/shadow-runs.ts';
import type { EdgeGroup } from '../unit/unit-runtime.ts';
import { idleParts, verifyRequest } from '../unit/verify-request.ts';

export interface ControlApiParts {
  readonly controller: Controller;
  readonly store: ControlStore;
  readonly edges: Pick<EdgeGroup, 'edges'>;
  /** Where edges of other processes come to; absent where there can be none. */
  readonly hub?: EdgeHub;
  readonly ramps: Pick<Ramps, 'view' | 'tell'>;
  readonly configurations: Pick<Configurations, 'reload' | 'revision'>;
  readonly shadow: ShadowRuns;
  readonly brownouts: Pick<Brownouts, 'view' | 'tell'>;
  readonly callers: Pick<CallerWatch, 'callersOf'>;
  /** How far the migration is: shown with the status. */
  readonly progress: Pick<ProgressView, 'of'>;
  /** Who leads: shown with the status. */
  readonly standing: () => LeaderStanding;
  /** What else `status` should show for a unit, such as the kill switch. */
  readonly extras?: (unit: string) => object;
}

const stageNames = ['legacy', 'shadow', 'canary', 'reads', 'owned', 'retired'] as const;
const move = intentSchema.extend({ to: z.enum(stageNames).optional(), rung: z.number().int().min(0).optional() });
const ramping = intentSchema.extend({ verb: z.enum(rampVerbs) });
const cohortMove = intentSchema.extend({ members: z.array(z.string().min(1)).max(10_000).default([]) });
const resumption = intentSchema.extend({ fresh: z.boolean().default(false) });
/** Changes made past the controller, in the flag file, that belong in the journal all the same. */
const note = z.strictObject({
  who: z.string().min(1),
  reason: z.string().min(1),
  action: z.enum([
    'kill',
    'kill-undone',
    'shadow-writes-stopped',
    'shadow-writes-resumed',
    'cohort-add',
    'cohort-remove',
    'flags-create',
    'override',
    'shadow-ignore',
  ]),
  detail: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
});
const browning = intentSchema.extend({ verb: z.enum(brownoutVerbs) });
const retiring = intentSchema.extend({ confirmed: z.boolean().default(false) });
const farewell = z.strictObject({ who: z.string().min(1), reason: z.string().default('') });
const parking = parkedRequest.extend({ who: z.string().min(1), reason: z.string().default('') });
const verification = verifyRequest
  .extend({
    direction: z.enum(['forward', 'reverse']).optional(),
    who: z.string().default(''),
    reason: z.string().default(''),
  })
  .superRefine((asked, context) => {
    for (const message of idleParts(asked)) context.addIssue({ code: 'custom', message });
  });

/**
 * What the command line and the edges ask of the control process that leads. Long commands answer with JSON lines; a client that hangs up cancels what
 * can still be cancelled.
 */
export function createControlApi(parts: ControlApiParts): Express {
  const { controller, store } = parts;
  const app = express().disable('x-powered-by');
  if (parts.hub) serveEdges(app, parts.hub);
  serveRuns(app, parts.shadow, store);
  app.get('/v1/edges', (_, response) => void response.json({ edges: parts.edges.edges() }));
  app.post('/v1/edges/:name/forget', async (request, response) => {
    await forgetEdge(parts, request.params.name, farewell.parse(request.body));
    response.json({ result: { forgotten: true } });
  });
  app.get('/v1/configuration', (_, response) => void response.json({ revision: parts.configurations.revision }));
  app.post('/v1/configuration/reload', async (request, response) => {
    response.json({ result: await parts.configurations.reload(intentSchema.parse(request.body)) });
  });
  app.get('/v1/units', async (_, response) => {
    const units = await controller.status();
    response.json({
      leader: parts.standing().leader,
      units: units.map((status) => ({ ...status, ...parts.extras?.(status.record.unit) })),
      progress: await parts.progress.of(units),
    });
  });
  app.get('/v1/units/:unit/gates', async (request, response) => {
    response.json({ gates: await controller.gates(request.params.unit) });
  });
  app.get('/v1/units/:unit/callers', async (request, response) => {
    const { unit } = await store.read(request.params.unit);
    response.json({ callers: await parts.callers.callersOf(unit) });
  });
  app.get('/v1/journal', async (request, response) => {
    const { unit, limit } = z
      .object({ unit: z.string().optional(), limit: z.coerce.number().int().min(1).max(1000).default(50) })
      .parse(request.query);
    response.json({ journal: await store.journal.list({ limit, ...(unit ? { unit } : {}) }) });
  });
  app.post('/v1/journal/read', async (_, response) => {
    await streamed(response, async (_signal, progress) => ({ end: await store.journal.readAll(progress) }));
  });
  app.post('/v1/units/:unit/stage', async (request, response) => {
    const { to, rung, ...why } = move.parse(request.body);
    const event = to
      ? ({ type: 'go-to', stage: to, ...(rung === undefined ? {} : { rung }) } as const)
      : ({ type: 'advance' } as const);
    response.json({ result: await controller.moveStage(request.params.unit, event, why) });
  });
  app.get('/v1/units/:unit/ramp', async (request, response) => {
    response.json({ ramp: await parts.ramps.view(request.params.unit) });
  });
  app.post('/v1/units/:unit/ramp', async (request, response) => {
    const { verb, ...why } = ramping.parse(request.body);
    response.json({ result: await parts.ramps.tell(request.params.unit, verb, why) });
  });
  app.get('/v1/units/:unit/brownout', async (request, response) => {
    response.json({ brownout: await parts.brownouts.view(request.params.unit) });
  });
  app.post('/v1/units/:unit/brownout', async (request, response) => {
    const { verb, ...why } = browning.parse(request.body);
    response.json({ result: await parts.brownouts.tell(request.params.unit, verb, why) });
  });
  app.get('/v1/units/:unit/approvals/:step', async (request, response) => {
    const step = z.enum(approvedSteps).parse(request.params.step);
    response.json({ request: await controller.approvalRequest(request.params.unit, step) });
  });
  app.post('/v1/units/:unit/approvals', async (request, response) => {
    response.json({ result: await controller.approve(request.params.unit, approvalSchema.parse(request.body)) });
  });
  app.post('/v1/units/:unit/resume', async (request, response) => {
    await controller.resume(request.params.unit, resumption.parse(request.body));
    response.json({ result: { resumed: true } });
  });
  app.post('/v1/units/:unit/parked', async (request, response) => {
    const { who, reason, ...asked } = parking.parse(request.body);
    const answer = await controller.parked(request.params.unit, asked, { who, reason, dryRun: asked.dryRun });
    response.json({ result: answer });
  });
  app.post('/v1/units/:unit/notes', async (request, response) => {
    const { detail, ...why } = note.parse(request.body);
    await store.note(await store.read(request.params.unit), { ...why, ...(detail ? { detail } : {}) });
    response.json({ result: { noted: true } });
  });
  for (const direction of ['cutover', 'rollback'] as const) {
    app.post(`/v1/units/:unit/${direction}`, async (request: Request<{ unit: string }>, response) => {
      const why = intentSchema.parse(request.body);
      await streamed(response, (signal, progress) =>
        controller.handOver(request.params.unit, direction, why, { signal, onStep: progress }),
      );
    });
  }
  app.post('/v1/units/:unit/retire', async (request, response) => {
    response.json({ result: await controller.retire(request.params.unit, retiring.parse(request.body)) });
  });
  for (const [verb, direction] of [['move', 'cutover'] as const, ['return', 'rollback'] as const]) {
    app.post(
      `/v1/units/:unit/cohorts/:name/${verb}`,
      async (request: Request<{ unit: string; name: string }>, response) => {
        const { members, ...why } = cohortMove.parse(request.body);
        const { unit, name } = request.params;
        await streamed(response, (signal, onStep) =>
          controller.moveCohort(unit, { name, members }, direction, why, { signal, onStep }),
        );
      },
    );
  }
  app.post('/v1/units/:unit/rehearse', async (request, response) => {
    const why = intentSchema.parse(request.body);
    await streamed(response, (signal, onStep) => controller.rehearse(request.params.unit, why, { signal, onStep }));
  });
  app.post('/v1/units/:unit/verify', async (request, response) => {
    const { direction, who, reason, ...how } = verification.parse(request.body);
    const { unit } = request.params;
    await streamed(response, (signal, onProgress) => {
      const options = { ...how, signal, onProgress };
      if (!how.repair) return controller.verify(unit, direction, options);
      return controller.repair(unit, direction, { who, reason, dryRun: how.repair === 'dry-run' }, options);
    });
  });
  app.use(answerError);
  return app;
}

/** Whoever says that an edge is gone answers for it, in the journal of every unit. */
async function forgetEdge(
  { hub, store }: ControlApiParts,
  name: string,
  { who, reason }: { who: string; reason: string },
): Promise<void> {
  if (!hub) throw cutoverErrors.error('EDGE_UNKNOWN', { message: 'the only edge is in the process of banyan up' });
  if (!reason.trim())
    throw cutoverErrors.error('REASON_MISSING', { message: `no reason was given for forgetting ${name}` });
  hub.forget(name);
  for (const record of await store.readAll())
    await store.note(record, { who, reason, action: 'edge-forgotten', detail: { edge: name } });
}
