import { timingSafeEqual } from 'node:crypto';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { isBanyanError, messageOf } from '../shared/index.ts';
import { z } from 'zod';
import type { Controller, Intent } from './controller.ts';
import type { ControlStore } from './control-store.ts';

export interface ControlApiParts {
  readonly controller: Controller;
  readonly store: ControlStore;
  /** Bearer token every request must carry. */
  readonly token: string;
  /** What else `status` should show for a unit, such as the kill switch. */
  readonly extras?: (unit: string) => object;
}

const intent = z.strictObject({
  who: z.string().min(1),
  reason: z.string().default(''),
  dryRun: z.boolean().default(false),
});
const stageNames = ['legacy', 'shadow', 'canary', 'reads', 'owned', 'retired'] as const;
const move = intent.extend({ to: z.enum(stageNames).optional(), rung: z.number().int().min(0).optional() });
const resumption = intent.extend({ fresh: z.boolean().default(false) });
/** Changes made past the controller, in the flag file, that belong in the journal all the same. */
const note = z.strictObject({
  who: z.string().min(1),
  reason: z.string().min(1),
  action: z.enum(['kill', 'kill-undone', 'cohort-add', 'cohort-remove']),
  detail: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
});
const verification = z.strictObject({ direction: z.enum(['forward', 'reverse']).optional() });

/**
 * What the CLI talks to. Long commands answer with JSON lines: `{"progress":…}` as they go, then `{"result":…}` or
 * `{"error":…}`. A client that hangs up cancels what can still be cancelled.
 */
export function createControlApi(parts: ControlApiParts): Express {
  const { controller, store } = parts;
  const app = express();
  app.disable('x-powered-by');
  app.get('/healthz', (_, response) => void response.json({ ok: true }));
  app.use(requireToken(parts.token), express.json({ limit: '64kb' }));
  app.get('/v1/units', async (_, response) => {
    const units = await controller.status();
    response.json({ units: units.map((status) => ({ ...status, ...parts.extras?.(status.record.unit) })) });
  });
  app.get('/v1/units/:unit/gates', async (request, response) => {
    response.json({ gates: await controller.gates(request.params.unit) });
  });
  app.get('/v1/journal', async (request, response) => {
    const { unit, limit } = z
      .object({ unit: z.string().optional(), limit: z.coerce.number().int().min(1).max(1000).default(50) })
      .parse(request.query);
    response.json({ journal: await store.journal({ limit, ...(unit ? { unit } : {}) }) });
  });
  app.post('/v1/units/:unit/stage', async (request, response) => {
    const { to, rung, ...why } = move.parse(request.body);
    const event = to
      ? ({ type: 'go-to', stage: to, ...(rung === undefined ? {} : { rung }) } as const)
      : ({ type: 'advance' } as const);
    response.json({ result: await controller.moveStage(request.params.unit, event, why) });
  });
  app.post('/v1/units/:unit/resume', async (request, response) => {
    await controller.resume(request.params.unit, resumption.parse(request.body));
    response.json({ result: { resumed: true } });
  });
  app.post('/v1/units/:unit/notes', async (request, response) => {
    const { detail, ...why } = note.parse(request.body);
    await store.note(await store.read(request.params.unit), { ...why, ...(detail ? { detail } : {}) });
    response.json({ result: { noted: true } });
  });
  for (const direction of ['cutover', 'rollback'] as const) {
    app.post(`/v1/units/:unit/${direction}`, async (request: Request<{ unit: string }>, response) => {
      const why: Intent = intent.parse(request.body);
      await streamed(response, (signal, progress) =>
        controller.handOver(request.params.unit, direction, why, { signal, onStep: progress }),
      );
    });
  }
  app.post('/v1/units/:unit/verify', async (request, response) => {
    const { direction } = verification.parse(request.body);
    await streamed(response, (signal, onProgress) =>
      controller.verify(request.params.unit, direction, { signal, onProgress }),
    );
  });
  app.use(problem);
  return app;
}

function requireToken(token: string) {
  const wanted = Buffer.from(`Bearer ${token}`);
  return (request: Request, response: Response, next: NextFunction): void => {
    const given = Buffer.from(request.headers.authorization ?? '');
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) return next();
    response.status(401).json({
      error: {
        code: 'CONTROL_TOKEN',
        message: 'the bearer token is missing or wrong',
        fix: 'set BANYAN_ADMIN_TOKEN',
      },
    });
  };
}

async function streamed(
  response: Response,
  work: (signal: AbortSignal, progress: (value: object) => void) => Promise<unknown>,
): Promise<void> {
  const hangUp = new AbortController();
  response.on('close', () => hangUp.abort());
  response.setHeader('content-type', 'application/x-ndjson');
  const line = (value: object): void => void response.write(`${JSON.stringify(value)}\n`);
  try {
    const result = await work(hangUp.signal, (progress) => line({ progress }));
    line({ result });
  } catch (error) {
    line({ error: describeError(error) });
  }
  response.end();
}

function problem(error: unknown, _: Request, response: Response, next: NextFunction): void {
  if (response.headersSent) return next(error);
  const wrongUsage = error instanceof z.ZodError || (error instanceof SyntaxError && 'body' in error);
  response.status(wrongUsage ? 400 : isBanyanError(error) ? 409 : 500).json({ error: describeError(error) });
}

function describeError(error: unknown): { code: string; message: string; fix: string } {
  if (error instanceof z.ZodError)
    return { code: 'CONTROL_REQUEST', message: z.prettifyError(error), fix: 'correct the request' };
  if (isBanyanError(error)) return { code: error.code, message: error.message, fix: error.fix };
  return { code: 'CONTROL_FAILED', message: messageOf(error), fix: 'look at the log of banyan up' };
}
