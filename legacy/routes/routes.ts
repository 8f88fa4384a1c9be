import { Router } from 'express';
import { one, rows, run, type Row } from '../db.ts';
import { idOf, json } from '../format.ts';
import { operatorRequired, type Fleet } from '../session.ts';

/** The routes cars drive, not the ones HTTP knows. Yes. */
export function routesRoutes({ db }: Fleet): Router {
  const router = Router();

  router.get('/', async (_req, res) => {
    const found = await rows(db, 'SELECT * FROM routes WHERE active = 1 ORDER BY name, id LIMIT 200');
    res.json({ routes: found.map(routeJson) });
  });

  router.get('/:id', async (req, res) => {
    const row = await one(db, 'SELECT * FROM routes WHERE id = ?', [idOf(req.params.id)]);
    if (row) res.json({ ...routeJson(row), waypoints: json(row['waypoints']) });
    else res.status(404).json({ error: 'route not found' });
  });

  router.post('/', operatorRequired, async (req, res) => {
    const { name, origin, destination, distanceKm, minutes, waypoints } = req.body ?? {};
    if (![name, origin, destination].every((text) => typeof text === 'string' && text !== '' && text.length <= 120))
      return void res.status(400).json({ error: 'name, origin and destination are required' });
    const made = await run(
      db,
      'INSERT INTO routes (name, origin, destination, distance_km, est_minutes, waypoints) VALUES (?, ?, ?, ?, ?, ?)',
      [name, origin, destination, Number(distanceKm) || 0, Number(minutes) || 0, JSON.stringify(waypoints ?? [])],
    );
    res.status(201).json({ id: made.insertId });
  });

  return router;
}

function routeJson(row: Row): object {
  return {
    id: row['id'],
    name: row['name'],
    origin: row['origin'],
    destination: row['destination'],
    distanceKm: row['distance_km'],
    minutes: row['est_minutes'],
  };
}
