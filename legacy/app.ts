import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { one } from './db.ts';
import { billingRoutes } from './routes/billing.ts';
import { diagnosticsRoutes } from './routes/diagnostics.ts';
import { feedbackRoutes } from './routes/feedback.ts';
import { fleetRoutes } from './routes/fleet.ts';
import { notificationsRoutes } from './routes/notifications.ts';
import { routesRoutes } from './routes/routes.ts';
import { trackingRoutes } from './routes/tracking.ts';
import { tripsRoutes } from './routes/trips.ts';
import { usersRoutes } from './routes/users.ts';
import { vehiclesRoutes } from './routes/vehicles.ts';
import { loginRequired, type Fleet } from './session.ts';

/** The monolith: every area on one database, one process. */
export function createApp(fleet: Fleet): Express {
  const app = express();
  const login = loginRequired(fleet);
  app.use(express.json({ limit: '1mb' }));

  app.get('/healthz', async (_req, res) => {
    await one(fleet.db, 'SELECT 1');
    res.json({ ok: true });
  });
  app.use('/api/users', usersRoutes(fleet));
  app.use('/api/fleet', fleetRoutes(fleet));
  app.use('/api/vehicles', login, vehiclesRoutes(fleet));
  app.use('/api/diagnostics', login, diagnosticsRoutes(fleet));
  app.use('/api/trips', login, tripsRoutes(fleet));
  app.use('/api/tracking', login, trackingRoutes(fleet));
  app.use('/api/routes', login, routesRoutes(fleet));
  app.use('/api/notifications', login, notificationsRoutes(fleet));
  app.use('/api/feedback', login, feedbackRoutes(fleet));
  app.use('/api/billing', login, billingRoutes(fleet));

  app.use((_req, res) => void res.status(404).json({ error: 'not found' }));
  app.use(failed);
  return app;
}

/** Last stop of every error. A refusal by the database (a trigger's SIGNAL too) is an answer, never a crash. */
function failed(error: unknown, req: Request, res: Response, _next: NextFunction): void {
  const { status, sqlState, code } = error as { status?: number; sqlState?: string; code?: string };
  if (status !== undefined && status < 500) return void res.status(status).json({ error: 'bad request' });
  process.stderr.write(`fleet ${req.method} ${req.path} failed: ${code ?? String(error)} ${sqlState ?? ''}\n`);
  res.status(500).json({ error: sqlState || code ? 'database error' : 'internal error' });
}
