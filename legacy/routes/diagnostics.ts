import { Router } from 'express';
import { one, rows, run, setting, type Row } from '../db.ts';
import { idOf, json, limitOf, textOf, time } from '../format.ts';
import { operatorRequired, type Fleet } from '../session.ts';

const SELECT = `SELECT d.*, v.plate, s.serial FROM diagnostics d
  JOIN vehicles v ON v.id = d.vehicle_id LEFT JOIN sensors s ON s.id = d.sensor_id`;

export function diagnosticsRoutes({ db }: Fleet): Router {
  const router = Router();

  router.get('/', async (req, res) => {
    const limit = limitOf(req.query['limit'], Number(await setting(db, 'page_size', '50')), 200);
    const severity = ['info', 'warning', 'critical'].includes(textOf(req.query['severity']))
      ? textOf(req.query['severity'])
      : 'critical';
    const sql = `${SELECT} WHERE d.cleared_at = '0000-00-00 00:00:00' AND d.severity = ? ORDER BY d.id DESC LIMIT ${limit}`;
    res.json({ diagnostics: (await rows(db, sql, [severity])).map(diagnosticJson) });
  });

  router.get('/:id', async (req, res) => {
    const row = await one(db, `${SELECT} WHERE d.id = ?`, [idOf(req.params.id)]);
    if (row) res.json(diagnosticJson(row));
    else res.status(404).json({ error: 'diagnostic not found' });
  });

  router.post('/', operatorRequired, async (req, res) => {
    const { vehicleId, sensorId, code, severity, payload } = req.body ?? {};
    if (!Number.isInteger(vehicleId) || typeof code !== 'string' || code.length > 16)
      return void res.status(400).json({ error: 'vehicleId and code are required' });
    const made = await run(
      db,
      'INSERT INTO diagnostics (vehicle_id, sensor_id, code, severity, payload) VALUES (?, ?, ?, ?, ?)',
      [vehicleId, sensorId ?? null, code, severity ?? 'info', payload === undefined ? null : JSON.stringify(payload)],
    );
    res.status(201).json({ id: String(made.insertId) });
  });

  router.post('/:id/clear', operatorRequired, async (req, res) => {
    const done = await run(db, 'UPDATE diagnostics SET cleared_at = NOW() WHERE id = ?', [idOf(req.params['id'])]);
    if (done.affectedRows === 0) res.status(404).json({ error: 'diagnostic not found' });
    else res.status(204).end();
  });

  return router;
}

function diagnosticJson(row: Row): object {
  return {
    id: String(row['id']),
    vehicleId: row['vehicle_id'],
    plate: row['plate'],
    sensor: row['serial'],
    code: row['code'],
    severity: row['severity'],
    payload: json(row['payload']),
    raisedAt: time(row['raised_at']),
    clearedAt: time(row['cleared_at']),
  };
}
