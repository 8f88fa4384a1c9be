import { Router } from 'express';
import { rows, run, type Row } from '../db.ts';
import { time, toDatetime } from '../format.ts';
import { userIdOf, type Fleet } from '../session.ts';
import { ownTrip } from './trips.ts';

const COLUMNS = 'id, lat, lng, speed_kmh, source, recorded_at';

export function trackingRoutes({ db }: Fleet): Router {
  const router = Router();

  router.get('/:tripId', async (req, res) => {
    const trip = await ownTrip(db, userIdOf(res), req.params.tripId);
    if (!trip) return void res.status(404).json({ error: 'trip not found' });
    const sql = `SELECT ${COLUMNS} FROM locations WHERE trip_id = ? ORDER BY id LIMIT 200`;
    res.json({ points: (await rows(db, sql, [trip['id']])).map(pointJson) });
  });

  router.get('/:tripId/last', async (req, res) => {
    const trip = await ownTrip(db, userIdOf(res), req.params.tripId);
    if (!trip) return void res.status(404).json({ error: 'trip not found' });
    const sql = `SELECT ${COLUMNS} FROM locations WHERE trip_id = ? ORDER BY id DESC LIMIT 1`;
    const [point] = await rows(db, sql, [trip['id']]);
    if (point) res.json(pointJson(point));
    else res.status(404).json({ error: 'no position' });
  });

  router.post('/:tripId', async (req, res) => {
    const points: unknown = req.body?.points;
    if (!Array.isArray(points) || points.length === 0 || points.length > 200)
      return void res.status(400).json({ error: 'points must be a list of 1 to 200' });
    const bad = points.findIndex((point) => !isPoint(point));
    if (bad >= 0) return void res.status(400).json({ error: `points[${bad}] is not a position` });
    const trip = await ownTrip(db, userIdOf(res), req.params.tripId);
    if (!trip) return void res.status(404).json({ error: 'trip not found' });
    const values = points.map((point) => [
      trip['id'],
      trip['vehicle_id'],
      point.lat,
      point.lng,
      point.speedKmh ?? null,
      point.clientRef ?? null,
      toDatetime(point.recordedAt),
    ]);
    const sql = 'INSERT INTO locations (trip_id, vehicle_id, lat, lng, speed_kmh, client_ref, recorded_at) VALUES ?';
    await run(db, sql, [values]);
    res.status(201).json({ accepted: points.length });
  });

  return router;
}

function isPoint(point: Record<string, unknown> | null): boolean {
  if (typeof point !== 'object' || point === null) return false;
  const { lat, lng, speedKmh, clientRef } = point;
  return (
    isNumber(lat, 90) &&
    isNumber(lng, 180) &&
    (speedKmh === undefined || speedKmh === null || isNumber(speedKmh, 1000)) &&
    (clientRef === undefined || clientRef === null || (typeof clientRef === 'string' && clientRef.length <= 36)) &&
    toDatetime(point['recordedAt']) !== undefined
  );
}

const isNumber = (value: unknown, max: number): boolean =>
  typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= max;

function pointJson(row: Row): object {
  return {
    id: String(row['id']),
    lat: row['lat'],
    lng: row['lng'],
    speedKmh: row['speed_kmh'],
    source: row['source'],
    recordedAt: time(row['recorded_at']),
  };
}
