import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startMariaDb, type MariaDb } from '../stack/index.ts';
import { applySchema } from './apply-schema.ts';
import { seed } from './seed/seed.ts';
import { startFleet, type RunningFleet } from './server.ts';

const POINT = { lat: 52.52, lng: 13.4, speedKmh: 12.5, recordedAt: '2026-01-02T03:04:05.123456Z', clientRef: 'p-1' };
let db: MariaDb;
let fleet: RunningFleet;
const cookies = new Map<number, string>();

beforeAll(async () => {
  db = await startMariaDb();
  const url = db.url('root', '', 'fleet');
  await applySchema(url);
  await seed({ url, users: 50, vehicles: 20, trips: 1000 });
  fleet = await startFleet({ databaseUrl: url, secret: 'secret' });
  for (const user of [1, 20, 21]) cookies.set(user, await login(user));
});

afterAll(async () => {
  await fleet?.stop();
  await db?.stop();
});

async function login(user: number): Promise<string> {
  const answer = await call(
    'POST',
    '/api/users/login',
    { email: `user${user}@fleet.example`, password: `pw-${user}` },
    0,
  );
  expect(answer.status).toBe(200);
  return answer.headers.get('set-cookie')!.split(';')[0]!;
}

async function call(method: string, path: string, body?: unknown, user = 20) {
  const headers = { 'content-type': 'application/json', cookie: cookies.get(user) ?? '' };
  const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
  const answer = await fetch(fleet.url + path, init);
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: text === '' ? undefined : JSON.parse(text) };
}

describe('a trip over HTTP', () => {
  it('has the documented fields, in the documented order', async () => {
    const made = await call('POST', '/api/trips', {
      pickup: 'A 🏁',
      note: 'n ',
      extras: { b: 1, a: 'ü' },
      clientRef: 'ref-1',
    });
    expect(made.status).toBe(201);
    expect(made.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const { id, createdAt, updatedAt } = made.json;
    expect(createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(updatedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(made.text).toBe(
      `{"id":"${id}","userId":20,"vehicleId":null,"routeId":null,"status":"requested","pickup":"A 🏁","dropoff":"unknown",` +
        `"fare":"0.00","surge":"1.00","currency":"EUR","shared":false,"odometerStart":"0","startedAt":null,` +
        `"finishedAt":null,"note":"n ","extras":{"b":1,"a":"ü"},"clientRef":"ref-1","createdAt":"${createdAt}",` +
        `"updatedAt":"${updatedAt}"}`,
    );
    expect((await call('GET', `/api/trips/${id}`)).text).toBe(made.text);
    expect((await call('GET', '/api/trips?limit=1')).json).toEqual({ trips: [made.json], next: id });
  });

  it('lives from request to completion, and refuses steps out of order', async () => {
    const { id } = (await call('POST', '/api/trips', { pickup: 'A', dropoff: null })).json;
    const early = await call('POST', `/api/trips/${id}/complete`, { fare: '12.50' });
    expect([early.status, early.json]).toEqual([409, { error: 'trip is requested' }]);
    expect((await call('PATCH', `/api/trips/${id}`, { note: 'x', dropoff: 'B' })).json).toMatchObject({
      note: 'x',
      dropoff: 'B',
    });
    expect((await call('POST', `/api/trips/${id}/start`)).json).toMatchObject({ status: 'en_route', finishedAt: null });
    const done = (await call('POST', `/api/trips/${id}/complete`, { fare: '12.50' })).json;
    expect(done).toMatchObject({ status: 'completed', fare: '12.50' });
    expect(done.startedAt).not.toBeNull();
    expect((await call('POST', `/api/trips/${id}/cancel`)).json).toEqual({ error: 'trip is completed' });
    expect((await call('GET', '/api/billing/statement')).json.unbilled).toEqual({ trips: 1, total: '12.50' });
  });

  it('is nobody else’s, and gone once deleted', async () => {
    const { id } = (await call('POST', '/api/trips', { pickup: 'A' })).json;
    const gone = [404, '{"error":"trip not found"}'];
    const stranger = await call('GET', `/api/trips/${id}`, undefined, 21);
    expect([stranger.status, stranger.text]).toEqual(gone);
    expect((await call('GET', '/api/users/me/summary')).json.lastTripId).toBe(id);
    expect((await call('DELETE', `/api/trips/${id}`)).status).toBe(204);
    const paths = [
      `/api/trips/${id}`,
      `/api/tracking/${id}`,
      '/api/trips/0',
      '/api/trips/abc',
      '/api/trips/99999999999999999999',
    ];
    for (const path of paths) expect((await call('GET', path)).text).toBe(gone[1]);
    expect((await call('GET', '/api/users/me/summary')).json.lastTripId).not.toBe(id);
  });

  it('shows its positions, and the trigger moves the vehicle', async () => {
    const [{ id, vehicle_id }] = (await db.sql<{ id: string; vehicle_id: number }>(
      'SELECT id, vehicle_id FROM trips WHERE user_id = 20 AND deleted = 0 AND vehicle_id < 100 ORDER BY id DESC LIMIT 1',
      'fleet',
    )) as [{ id: string; vehicle_id: number }];
    await db.sql(`DELETE FROM locations WHERE trip_id = ${id}`, 'fleet');
    expect((await call('GET', `/api/tracking/${id}/last`)).json).toEqual({ error: 'no position' });
    expect((await call('POST', `/api/tracking/${id}`, { points: [POINT] })).json).toEqual({ accepted: 1 });
    const { points } = (await call('GET', `/api/tracking/${id}`)).json;
    const { recordedAt, speedKmh } = POINT;
    const shown = { id: expect.any(String), lat: '52.520000', lng: '13.400000', speedKmh, source: 'gps', recordedAt };
    expect(points).toEqual([shown]);
    expect((await call('GET', `/api/tracking/${id}/last`)).json).toEqual(points[0]);
    const [car] = await db.sql(`SELECT last_lat FROM vehicles WHERE id = ${vehicle_id}`, 'fleet');
    expect(car?.['last_lat']).toBe('52.520000');
  });

  it('is refused with 400 and a sentence when the body is wrong', async () => {
    const wrong = [
      {},
      { pickup: '' },
      { pickup: 'x'.repeat(256) },
      { pickup: 'A', extras: [] },
      { pickup: 'A', note: 1 },
    ];
    for (const body of wrong) {
      const { status, json } = await call('POST', '/api/trips', body);
      expect([status, typeof json.error]).toEqual([400, 'string']);
    }
    const { id } = (await call('POST', '/api/trips', { pickup: 'A' })).json;
    expect((await call('POST', `/api/tracking/${id}`, { points: [{ ...POINT, lat: 'x' }] })).status).toBe(400);
    expect((await call('POST', `/api/trips/${id}/complete`, { fare: 12.5 })).status).toBe(400);
  });
});

describe('the monolith', () => {
  it('answers every endpoint for somebody logged in', async () => {
    const paths = `/healthz /api/users /api/users/3 /api/users/me /api/users/me/summary /api/vehicles /api/vehicles/3
      /api/vehicles/3/sensors /api/vehicles/3/diagnostics /api/fleet/status /api/fleet/health /api/diagnostics
      /api/routes /api/routes/1 /api/trips /api/notifications /api/notifications/unread /api/feedback
      /api/billing/balance /api/billing/statement`.split(/\s+/);
    for (const path of paths) expect([path, (await call('GET', path, undefined, 1)).status]).toEqual([path, 200]);
    const { diagnostics } = (await call('GET', '/api/diagnostics?severity=info', undefined, 1)).json;
    const [charge] = (await call('GET', '/api/billing/statement', undefined, 1)).json.lines;
    const [note] = (await call('GET', '/api/notifications', undefined, 1)).json.notifications;
    const steps: [string, string, unknown, number][] = [
      ['GET', `/api/diagnostics/${diagnostics[0].id}`, undefined, 200],
      ['POST', `/api/diagnostics/${diagnostics[0].id}/clear`, undefined, 204],
      ['POST', '/api/diagnostics', { vehicleId: 1, code: 'E-1', payload: {} }, 201],
      ['POST', '/api/vehicles/1/state', { state: 'charging' }, 200],
      ['POST', '/api/routes', { name: 'r', origin: 'a', destination: 'b' }, 201],
      ['PATCH', '/api/users/me', { phone: null, preferences: { a: '🎛️' } }, 200],
      ['POST', `/api/notifications/${note.id}/read`, undefined, 204],
      ['POST', '/api/notifications/read-all', undefined, 200],
      ['POST', '/api/feedback', { rating: 5, comment: '👍' }, 201],
      ['POST', '/api/billing/topup', { amount: '10.00' }, 201],
      ['GET', `/api/billing/charges/${charge.id}`, undefined, 200],
    ];
    for (const [method, path, body, status] of steps)
      expect([path, (await call(method, path, body, 1)).status]).toEqual([path, status]);
  });

  it('wants a login, an operator for operators’ work, and a live session', async () => {
    for (const path of ['/api/trips', '/api/tracking/1', '/api/users/me', '/api/billing/statement']) {
      const answer = await call('GET', path, undefined, 0);
      expect([answer.status, answer.text]).toEqual([401, '{"error":"login required"}']);
    }
    expect((await call('GET', '/api/users')).status).toBe(403);
    cookies.set(30, await login(30));
    expect((await call('POST', '/api/users/logout', undefined, 30)).status).toBe(204);
    expect((await call('GET', '/api/users/me', undefined, 30)).status).toBe(401);
    const wrong = { email: 'user30@fleet.example', password: 'no' };
    expect((await call('POST', '/api/users/login', wrong, 0)).status).toBe(401);
    const deleted = { email: 'user51@fleet.example', password: 'pw-51' };
    expect((await call('POST', '/api/users/login', deleted, 0)).status).toBe(401);
  });

  it('shows rows with every trap of the seed', async () => {
    await db.sql('UPDATE trips SET user_id = 21 WHERE id < 1200', 'fleet');
    const { trips } = (await call('GET', '/api/trips?limit=100&before=1200', undefined, 21)).json;
    expect(trips.map((trip: { odometerStart: string }) => trip.odometerStart)).toContain('18446744073709551615');
    expect(trips.map((trip: { fare: string }) => trip.fare)).toEqual(
      expect.arrayContaining(['0.10', '99999999.99', '-5.00']),
    );
  });

  it('answers 500 and stays alive when a trigger refuses a write', async () => {
    await db.sql(
      "CREATE TRIGGER refuse BEFORE INSERT ON trips FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'",
      'fleet',
    );
    const refused = await call('POST', '/api/trips', { pickup: 'A' });
    expect([refused.status, refused.text]).toEqual([500, '{"error":"database error"}']);
    await db.sql('DROP TRIGGER refuse', 'fleet');
    expect((await call('POST', '/api/trips', { pickup: 'A' })).status).toBe(201);
  });
});
