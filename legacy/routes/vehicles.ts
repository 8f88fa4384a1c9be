import { Router } from 'express';
import { one, rows, run, setting, type Row } from '../db.ts';
import { idOf, json, limitOf, textOf, time } from '../format.ts';
import { operatorRequired, type Fleet } from '../session.ts';

const STATES = ['active', 'charging', 'maintenance', 'retired'];

export function vehiclesRoutes({ db }: Fleet): Router {
  const router = Router();

  router.get('/', async (req, res) => {
    const limit = limitOf(req.query['limit'], Number(await setting(db, 'page_size', '50')), 200);
    const state = STATES.includes(textOf(req.query['state'])) ? textOf(req.query['state']) : 'active';
    const sql = `SELECT v.*, f.version FROM vehicles v LEFT JOIN firmware f ON f.id = v.firmware_id
                  WHERE v.state = ? AND v.deleted = 0 ORDER BY v.id LIMIT ${limit}`;
    res.json({ vehicles: (await rows(db, sql, [state])).map(vehicleJson) });
  });

  router.get('/:id', async (req, res) => {
    const sql = `SELECT v.*, f.version, t.id AS trip_id, t.status AS trip_status, t.dropoff_addr, u.name AS rider
        FROM vehicles v
        LEFT JOIN firmware f ON f.id = v.firmware_id
        LEFT JOIN trips t ON t.id = (SELECT MAX(x.id) FROM trips x
          WHERE x.vehicle_id = v.id AND x.status IN ('assigned', 'en_route') AND x.deleted = 0)
        LEFT JOIN users u ON u.id = t.user_id
       WHERE v.id = ? AND v.deleted = 0`;
    const row = await one(db, sql, [idOf(req.params.id)]);
    if (!row) return void res.status(404).json({ error: 'vehicle not found' });
    const trip = row['trip_id'] && {
      id: String(row['trip_id']),
      status: row['trip_status'],
      dropoff: row['dropoff_addr'],
      rider: row['rider'],
    };
    res.json({ ...vehicleJson(row), currentTrip: trip });
  });

  router.get('/:id/sensors', async (req, res) => {
    const sql = 'SELECT * FROM sensors WHERE vehicle_id = ? ORDER BY id';
    res.json({ sensors: (await rows(db, sql, [idOf(req.params.id)])).map(sensorJson) });
  });

  router.get('/:id/diagnostics', async (req, res) => {
    const sql = `SELECT d.*, s.serial FROM diagnostics d LEFT JOIN sensors s ON s.id = d.sensor_id
                  WHERE d.vehicle_id = ? ORDER BY d.id DESC LIMIT 50`;
    const found = await rows(db, sql, [idOf(req.params.id)]);
    res.json({
      diagnostics: found.map((d) => ({ code: d['code'], sensor: d['serial'], payload: json(d['payload']) })),
    });
  });

  router.post('/:id/state', operatorRequired, async (req, res) => {
    const state = String(req.body?.state);
    if (!STATES.includes(state))
      return void res.status(400).json({ error: `state must be one of ${STATES.join(', ')}` });
    const id = idOf(req.params['id']);
    const done = await run(db, 'UPDATE vehicles SET state = ? WHERE id = ? AND deleted = 0', [state, id]);
    if (done.affectedRows === 0) res.status(404).json({ error: 'vehicle not found' });
    else res.json({ id: Number(id), state });
  });

  return router;
}

export function vehicleJson(row: Row): object {
  return {
    id: row['id'],
    plate: row['plate'],
    model: row['model'],
    state: row['state'],
    firmware: row['version'],
    odometer: String(row['odometer']),
    battery: row['battery_pct'],
    position: row['last_lat'] === null ? null : { lat: row['last_lat'], lng: row['last_lng'] },
    lastSeenAt: time(row['last_seen_at']),
  };
}

function sensorJson(row: Row): object {
  return {
    id: row['id'],
    kind: row['kind'],
    serial: row['serial'],
    healthy: row['healthy'] === 1,
    calibratedAt: time(row['calibrated_at']),
  };
}
