import { Router, type Response } from 'express';
import type { DataSource } from 'typeorm';
import { riderIdOf } from './identity.ts';
import { idOf } from './path-input.ts';
import { parsePoints } from './point-input.ts';
import { addPoints, lastPoint, listPoints, pointJson } from './points.ts';
import { findTrip, type TripRow } from './trip-reads.ts';

/** `/api/tracking`: the positions of a rider's own trip. */
export function trackingRoutes(database: DataSource): Router {
  const router = Router();

  router.get('/:tripId', async (req, res) => {
    const trip = await ownTrip(database, res, req.params.tripId);
    if (trip) res.json({ points: (await listPoints(database, trip.id)).map(pointJson) });
  });

  router.get('/:tripId/last', async (req, res) => {
    const trip = await ownTrip(database, res, req.params.tripId);
    if (!trip) return;
    const point = await lastPoint(database, trip.id);
    if (point) res.json(pointJson(point));
    else res.status(404).json({ error: 'no position' });
  });

  router.post('/:tripId', async (req, res) => {
    const parsed = parsePoints(req.body);
    if (!parsed.ok) return void res.status(400).json({ error: parsed.error });
    const trip = await ownTrip(database, res, req.params.tripId);
    if (!trip) return;
    await addPoints(database, trip, parsed.value);
    res.status(201).json({ accepted: parsed.value.length });
  });

  return router;
}

/** The trip, or undefined after the 404 has been sent. */
async function ownTrip(database: DataSource, res: Response, id: string): Promise<TripRow | undefined> {
  const trip = await findTrip(database, riderIdOf(res), idOf(id));
  if (!trip) res.status(404).json({ error: 'trip not found' });
  return trip;
}
