import { Router, type Response } from 'express';
import { one, rows, run, type Db, type Row } from '../db.ts';
import { idOf, json, limitOf, time } from '../format.ts';
import { userIdOf, type Fleet } from '../session.ts';

const COLUMNS = `id, user_id, vehicle_id, route_id, status, pickup_addr, dropoff_addr, fare, surge, currency, shared_ride,
  odometer_start, started_at, finished_at, note, extras, client_ref, created_at, updated_at`;

export function tripsRoutes({ db }: Fleet): Router {
  const router = Router();

  router.get('/', async (req, res) => {
    const limit = limitOf(req.query['limit'], 20, 100);
    const before = idOf(req.query['before']);
    const found = await rows(
      db,
      `SELECT ${COLUMNS} FROM trips WHERE user_id = ? AND deleted = 0 ${before === '0' ? '' : 'AND id < ?'}
        ORDER BY id DESC LIMIT ${limit}`,
      before === '0' ? [userIdOf(res)] : [userIdOf(res), before],
    );
    const next = found.length === limit ? String(found.at(-1)?.['id']) : null;
    res.json({ trips: found.map(tripJson), next });
  });

  router.get('/:id', async (req, res) => sendTrip(db, res, req.params.id));

  router.post('/', async (req, res) => {
    const body = req.body ?? {};
    const problem = badTrip(body, true);
    if (problem) return void res.status(400).json({ error: problem });
    const trip: Record<string, unknown> = {
      user_id: userIdOf(res),
      pickup_addr: body.pickup,
      note: body.note ?? null,
      extras: body.extras ? JSON.stringify(body.extras) : null,
      route_id: body.routeId ?? null,
      client_ref: body.clientRef ?? null,
    };
    // left out is not the same as null: the column has a default
    if (body.dropoff !== undefined) trip['dropoff_addr'] = body.dropoff;
    const made = await run(db, 'INSERT INTO trips SET ?', [trip]);
    await sendTrip(db, res, String(made.insertId), 201);
  });

  router.patch('/:id', async (req, res) => {
    const body = req.body ?? {};
    const problem = badTrip(body, false);
    if (problem) return void res.status(400).json({ error: problem });
    const change: Record<string, unknown> = {};
    if (body.note !== undefined) change['note'] = body.note;
    if (body.dropoff !== undefined) change['dropoff_addr'] = body.dropoff;
    if (body.extras !== undefined) change['extras'] = body.extras && JSON.stringify(body.extras);
    if (Object.keys(change).length > 0) {
      const where = [change, idOf(req.params.id), userIdOf(res)];
      await run(db, 'UPDATE trips SET ? WHERE id = ? AND user_id = ? AND deleted = 0', where);
    }
    await sendTrip(db, res, req.params.id);
  });

  router.post('/:id/start', async (req, res) => {
    await move(db, res, req.params.id, "status = 'en_route', started_at = NOW()", ['requested', 'assigned']);
  });

  router.post('/:id/complete', async (req, res) => {
    const fare = String(req.body?.fare);
    if (!/^\d{1,8}\.\d\d$/.test(fare)) return void res.status(400).json({ error: 'fare must look like "12.50"' });
    await move(db, res, req.params.id, `status = 'completed', finished_at = NOW(), fare = ${fare}`, ['en_route']);
  });

  router.post('/:id/cancel', async (req, res) => {
    const open = ['requested', 'assigned', 'en_route'];
    await move(db, res, req.params.id, "status = 'cancelled', finished_at = NOW()", open);
  });

  router.delete('/:id', async (req, res) => {
    const sql = 'UPDATE trips SET deleted = 1 WHERE id = ? AND user_id = ? AND deleted = 0';
    const gone = await run(db, sql, [idOf(req.params.id), userIdOf(res)]);
    if (gone.affectedRows === 0) res.status(404).json({ error: 'trip not found' });
    else res.status(204).end();
  });

  return router;
}

/** The user's own trip; deleted ones and other people's do not exist. */
export function ownTrip(db: Db, userId: number, id: unknown): Promise<Row | undefined> {
  return one(db, `SELECT ${COLUMNS} FROM trips WHERE id = ? AND user_id = ? AND deleted = 0`, [idOf(id), userId]);
}

async function sendTrip(db: Db, res: Response, id: string, status = 200): Promise<void> {
  const trip = await ownTrip(db, userIdOf(res), id);
  if (trip) res.status(status).json(tripJson(trip));
  else res.status(404).json({ error: 'trip not found' });
}

/** One step of a trip's life; the WHERE decides, so that two clicks cannot both win. */
async function move(db: Db, res: Response, id: string, change: string, from: string[]): Promise<void> {
  const sql = `UPDATE trips SET ${change} WHERE id = ? AND user_id = ? AND deleted = 0 AND status IN (?)`;
  const moved = await run(db, sql, [idOf(id), userIdOf(res), from]);
  const trip = await ownTrip(db, userIdOf(res), id);
  if (!trip) res.status(404).json({ error: 'trip not found' });
  else if (moved.affectedRows === 0) res.status(409).json({ error: `trip is ${trip['status']}` });
  else res.json(tripJson(trip));
}

function badTrip(body: Record<string, unknown>, isNew: boolean): string | undefined {
  if (isNew && !isText(body['pickup'], 255)) return 'pickup is required, at most 255 characters';
  if (!isTextOrNothing(body['dropoff'], 255)) return 'dropoff must be text or null, at most 255 characters';
  if (!isTextOrNothing(body['note'], 10_000)) return 'note must be text or null, at most 10000 characters';
  if (!isObjectOrNothing(body['extras'])) return 'extras must be an object or null';
  if (!isIdOrNothing(body['routeId'])) return 'routeId must be a number or null';
  if (!isTextOrNothing(body['clientRef'], 36)) return 'clientRef must be text, at most 36 characters';
  return undefined;
}

const isText = (value: unknown, max: number): boolean =>
  typeof value === 'string' && value !== '' && value.length <= max;
const isTextOrNothing = (value: unknown, max: number): boolean =>
  value === undefined || value === null || (typeof value === 'string' && value.length <= max);
const isObjectOrNothing = (value: unknown): boolean =>
  value === undefined || (typeof value === 'object' && !Array.isArray(value));
const isIdOrNothing = (value: unknown): boolean =>
  value === undefined || value === null || (Number.isInteger(value) && Number(value) > 0 && Number(value) < 2 ** 32);

function tripJson(row: Row): object {
  return {
    id: String(row['id']),
    userId: row['user_id'],
    vehicleId: row['vehicle_id'],
    routeId: row['route_id'],
    status: row['status'],
    pickup: row['pickup_addr'],
    dropoff: row['dropoff_addr'],
    fare: row['fare'],
    surge: row['surge'],
    currency: row['currency'],
    shared: row['shared_ride'] === 1,
    odometerStart: String(row['odometer_start']),
    startedAt: time(row['started_at']),
    finishedAt: time(row['finished_at']),
    note: row['note'],
    extras: json(row['extras']),
    clientRef: row['client_ref'],
    createdAt: time(row['created_at']),
    updatedAt: time(row['updated_at']),
  };
}
