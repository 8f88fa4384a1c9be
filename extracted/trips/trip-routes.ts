import { Router, type Response } from 'express';
import type { DataSource } from 'typeorm';
import { riderIdOf } from './identity.ts';
import { idOf, limitOf } from './path-input.ts';
import { parseFare, parseNewTrip, parseTripChange, type TripChange } from './trip-input.ts';
import { tripJson } from './trip-json.ts';
import { findTrip, listTrips, type TripRow } from './trip-reads.ts';
import type { TripWrites } from './trip-writes.ts';

/** `/api/trips`: a rider's own trips. Somebody else's and removed ones do not exist. */
export function tripRoutes(database: DataSource, writes: TripWrites): Router {
  const router = Router();

  router.get('/', async (req, res) => {
    const limit = limitOf(req.query['limit']);
    const before = idOf(req.query['before']);
    const trips = await listTrips(database, riderIdOf(res), { limit, before: before === '0' ? undefined : before });
    const next = trips.length === limit ? (trips.at(-1)?.id ?? null) : null;
    res.json({ trips: trips.map(tripJson), next });
  });

  router.get('/:id', async (req, res) => sendTrip(database, res, req.params.id));

  router.post('/', async (req, res) => {
    const parsed = parseNewTrip(req.body ?? {});
    if (!parsed.ok) return refuse(res, parsed.error);
    const id = await writes.create(riderIdOf(res), parsed.value);
    await sendTrip(database, res, id, 201);
  });

  router.patch('/:id', async (req, res) => {
    const parsed = parseTripChange(req.body ?? {});
    if (!parsed.ok) return refuse(res, parsed.error);
    const trip = await findTrip(database, riderIdOf(res), idOf(req.params.id));
    if (!trip) return notFound(res);
    // a change that changes nothing is no update: `updatedAt` stays
    if (!isChange(trip, parsed.value)) return void res.json(tripJson(trip));
    await writes.change(riderIdOf(res), trip.id, parsed.value);
    await sendTrip(database, res, trip.id);
  });

  router.post('/:id/start', async (req, res) => {
    const id = idOf(req.params.id);
    await sendMoved(database, res, id, await writes.start(riderIdOf(res), id));
  });

  router.post('/:id/complete', async (req, res) => {
    const id = idOf(req.params.id);
    const parsed = parseFare(req.body);
    if (!parsed.ok) return refuse(res, parsed.error);
    await sendMoved(database, res, id, await writes.complete(riderIdOf(res), id, parsed.value));
  });

  router.post('/:id/cancel', async (req, res) => {
    const id = idOf(req.params.id);
    await sendMoved(database, res, id, await writes.cancel(riderIdOf(res), id));
  });

  router.delete('/:id', async (req, res) => {
    const isGone = await writes.remove(riderIdOf(res), idOf(req.params.id));
    if (isGone) res.status(204).end();
    else notFound(res);
  });

  return router;
}

async function sendTrip(database: DataSource, res: Response, id: string, status = 200): Promise<void> {
  const trip = await findTrip(database, riderIdOf(res), idOf(id));
  if (trip) res.status(status).json(tripJson(trip));
  else notFound(res);
}

/** The trip after a step of its life, or why the step was not taken. */
async function sendMoved(database: DataSource, res: Response, id: string, isMoved: boolean): Promise<void> {
  const trip = await findTrip(database, riderIdOf(res), id);
  if (!trip) notFound(res);
  else if (isMoved) res.json(tripJson(trip));
  else res.status(409).json({ error: `trip is ${trip.state}` });
}

function isChange(trip: TripRow, change: TripChange): boolean {
  const extras = change.extras && JSON.stringify(change.extras);
  const named: [unknown, unknown][] = [
    [change.note, trip.note],
    [change.dropoff, trip.dropoff],
    [extras, trip.extras],
  ];
  return named.some(([wanted, current]) => wanted !== undefined && wanted !== current);
}

function refuse(res: Response, error: string): void {
  res.status(400).json({ error });
}

function notFound(res: Response): void {
  res.status(404).json({ error: 'trip not found' });
}
