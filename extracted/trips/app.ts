import type { DryRuns } from '../../service/index.ts';
import type { Clock, Log } from '../../shared/index.ts';
import express, { type Express } from 'express';
import type { DataSource } from 'typeorm';
import { answerFailure } from './failures.ts';
import { loginRequired, type VerifyIdentity } from './identity.ts';
import type { CheckReadiness } from './readiness.ts';
import { trackingRoutes } from './tracking-routes.ts';
import { tripRoutes } from './trip-routes.ts';
import { createTripWrites } from './trip-writes.ts';

export interface TripsParts {
  readonly database: DataSource;
  readonly verifyIdentity: VerifyIdentity;
  readonly checkReadiness: CheckReadiness;
  readonly clock: Clock;
  readonly log: Log;
  /** Absent where no write may be rehearsed. */
  readonly dryRuns?: DryRuns | undefined;
}

/** The trips service: the same HTTP contract legacy had, on tables of its own. */
export function createApp(parts: TripsParts): Express {
  const { database, clock, log } = parts;
  const app = express();
  app.disable('x-powered-by');

  app.get('/healthz', (_req, res) => void res.json({ ok: true }));
  app.get('/readyz', async (_req, res) => {
    const readiness = await parts.checkReadiness();
    res.status(readiness.ready ? 200 : 503).json(readiness);
  });

  if (parts.dryRuns) app.use(parts.dryRuns.step);
  // before the login, as in legacy: a body that is no JSON is a 400 whoever sends it
  app.use(express.json({ limit: '1mb' }));
  const login = loginRequired(parts.verifyIdentity);
  app.use('/api/trips', login, tripRoutes(database, createTripWrites(database, clock)));
  app.use('/api/tracking', login, trackingRoutes(database));
  app.use((_req, res) => void res.status(404).json({ error: 'not found' }));
  app.use(answerFailure(log));
  return app;
}
