import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import { isBanyanError, messageOf, type Registry } from '../../shared/index.ts';

/** Answers all requests below a path; it asks for a token of its own. */
export type Mount = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * An application that answers /healthz to anybody, what is mounted to whom that allows, and everything after it to
 * whoever carries the token.
 */
export function createApi(token: string, mounts: Readonly<Record<string, Mount>> = {}): Express {
  const app = express();
  app.disable('x-powered-by');
  app.get('/healthz', (_, response) => void response.json({ ok: true }));
  for (const [path, mount] of Object.entries(mounts)) app.use(path, mount);
  app.use(requireToken(token), express.json({ limit: '64kb' }));
  return app;
}

export function serveMetrics(app: Express, registry: Pick<Registry, 'contentType' | 'metrics'>): void {
  app.get('/metrics', async (_, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });
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

/**
 * Answers a long command with JSON lines: `{"progress":…}` as it goes, then `{"result":…}` or `{"error":…}`. A client
 * that hangs up aborts the signal.
 */
export async function streamed(
  response: Response,
  work: (signal: AbortSignal, progress: (value: object) => void) => Promise<unknown>,
): Promise<void> {
  const signal = signalOfClose(response);
  response.setHeader('content-type', 'application/x-ndjson');
  const line = (value: object): void => void response.write(`${JSON.stringify(value)}\n`);
  try {
    const result = await work(signal, (progress) => line({ progress }));
    line({ result });
  } catch (error) {
    line({ error: describeError(error) });
  }
  response.end();
}

export function signalOfClose(response: Response): AbortSignal {
  const hangUp = new AbortController();
  response.on('close', () => hangUp.abort());
  return hangUp.signal;
}

/** The last handler of an API: 400 for a wrong request, 409 for a refusal, 500 for what nobody planned. */
export function answerError(error: unknown, _: Request, response: Response, next: NextFunction): void {
  if (response.headersSent) return next(error);
  const wrongUsage = error instanceof z.ZodError || (error instanceof SyntaxError && 'body' in error);
  response.status(wrongUsage ? 400 : isBanyanError(error) ? 409 : 500).json({ error: describeError(error) });
}

export function describeError(error: unknown): { code: string; message: string; fix: string; retriable?: boolean } {
  if (error instanceof z.ZodError)
    return { code: 'CONTROL_REQUEST', message: z.prettifyError(error), fix: 'correct the request' };
  if (!isBanyanError(error))
    return { code: 'CONTROL_FAILED', message: messageOf(error), fix: 'look at the log of the process that answered' };
  const { code, message, fix, retriable } = error;
  return { code, message, fix, ...(retriable ? { retriable } : {}) };
}
