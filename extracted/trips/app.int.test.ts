import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Express } from 'express';
import { SignJWT } from 'jose';
import request, { type Test } from 'supertest';
import type { DataSource } from 'typeorm';
import { migrateSchema } from '../../migrations/trips/schema/index.ts';
import { silentLog, systemClock } from '../../shared/index.ts';
import { useMariaDb, type TestDatabase } from '../../test/support/index.ts';
import { createApp } from './app.ts';
import { createDatabase } from './database.ts';
import { createIdentityVerifier } from './identity.ts';
import { createReadinessCheck } from './readiness.ts';

const KEY = 'a key of the test, long enough for HS256';
const NOW = '2026-11-21T08:00:00.987Z';

let db: TestDatabase;
let database: DataSource;
// registered first, so that the pool is closed before the server's own check for open connections
afterAll(() => database.destroy());
const maria = useMariaDb();

let app: Express;

beforeAll(async () => {
  db = await maria.createDatabase();
  await migrateSchema(db.url);
  database = await createDatabase(db.url).initialize();
  const verifyIdentity = createIdentityVerifier({ key: KEY, clock: systemClock });
  const checkReadiness = createReadinessCheck({ database, maxLagMs: 1000 });
  const clock = { ...systemClock, now: () => Date.parse(NOW) };
  app = createApp({ database, verifyIdentity, checkReadiness, clock, log: silentLog });
});
beforeEach(() => db.sql('TRUNCATE trip; TRUNCATE trip_fare; TRUNCATE trip_point'));

async function as(rider: number, call: Test): Promise<request.Response> {
  const jwt = new SignJWT().setProtectedHeader({ alg: 'HS256' }).setSubject(String(rider)).setAudience('trips');
  return call.set('x-banyan-identity', await jwt.setExpirationTime('60s').sign(new TextEncoder().encode(KEY)));
}

async function aTrip(rider: number, body: object = {}): Promise<string> {
  const made = await as(
    rider,
    request(app)
      .post('/api/trips')
      .send({ pickup: 'Alexanderplatz 1', ...body }),
  );
  return (made.body as { id: string }).id;
}

const get = (path: string, rider = 7): Promise<request.Response> => as(rider, request(app).get(path));
const post = (path: string, body?: object, rider = 7): Promise<request.Response> =>
  as(rider, request(app).post(path).send(body));
const patch = (path: string, body: object): Promise<request.Response> => as(7, request(app).patch(path).send(body));
const remove = (path: string): Promise<request.Response> => as(7, request(app).delete(path));
const answer = (response: request.Response): [number, unknown] => [response.status, response.body];
const NOT_FOUND = [404, { error: 'trip not found' }];

describe('every route of the unit', () => {
  it.each(['/api/trips', '/api/trips/1', '/api/tracking/1', '/api/tracking/1/last'])(
    'needs a login: %s',
    async (path) => {
      const nobody = await request(app).get(path).set('Cookie', 'fleet_session=1.x.9999999999.x');
      expect(answer(nobody)).toEqual([401, { error: 'login required' }]);
      expect(nobody.headers['content-type']).toBe('application/json; charset=utf-8');
    },
  );

  it('hides the trips of others', async () => {
    const id = await aTrip(8);
    expect(answer(await get(`/api/trips/${id}`))).toEqual(NOT_FOUND);
    expect(answer(await patch(`/api/trips/${id}`, { note: 'x' }))).toEqual(NOT_FOUND);
    expect(answer(await post(`/api/trips/${id}/cancel`))).toEqual(NOT_FOUND);
    expect(answer(await remove(`/api/trips/${id}`))).toEqual(NOT_FOUND);
    expect(answer(await get(`/api/tracking/${id}`))).toEqual(NOT_FOUND);
    expect(answer(await get('/api/trips/abc'))).toEqual(NOT_FOUND);
  });

  it('answers 400 to a body that is no JSON', async () => {
    const call = request(app).post('/api/trips').set('Content-Type', 'application/json').send('{"pickup":');
    expect(answer(await as(7, call))).toEqual([400, { error: 'bad request' }]);
  });
});

describe('a trip', () => {
  it('is created with its price in one transaction, with the defaults legacy has', async () => {
    const made = await post('/api/trips', { pickup: 'A 🚕', extras: { seats: 2 }, routeId: 5, clientRef: 'ref-1' });
    expect(made.status).toBe(201);
    expect(made.text).toBe(
      '{"id":"1","userId":7,"vehicleId":null,"routeId":5,"status":"requested","pickup":"A 🚕","dropoff":"unknown",' +
        '"fare":"0.00","surge":"1.00","currency":"EUR","shared":false,"odometerStart":"0","startedAt":null,' +
        '"finishedAt":null,"note":null,"extras":{"seats":2},"clientRef":"ref-1","createdAt":"2026-11-21T08:00:00Z",' +
        '"updatedAt":"2026-11-21T08:00:00.987Z"}',
    );
    expect(await db.sql('SELECT trip_id FROM trip_fare')).toEqual([{ trip_id: '1' }]);
  });

  it('leaves nothing behind when its price cannot be written', async () => {
    await db.sql('RENAME TABLE trip_fare TO trip_fare_away');
    const failed = await post('/api/trips', { pickup: 'A' });
    await db.sql('RENAME TABLE trip_fare_away TO trip_fare');
    expect(answer(failed)).toEqual([500, { error: 'database error' }]);
    expect(await db.sql('SELECT id FROM trip')).toEqual([]);
  });

  it('is listed newest first, page by page', async () => {
    const ids = [await aTrip(7), await aTrip(7), await aTrip(7)];
    await aTrip(8);
    const first = await get('/api/trips?limit=2');
    const second = await get('/api/trips?limit=2&before=2');
    const idsOf = (page: request.Response) => (page.body as { trips: { id: string }[] }).trips.map((trip) => trip.id);
    expect([idsOf(first), idsOf(second)]).toEqual([[ids[2], ids[1]], [ids[0]]]);
    expect([first.body.next, second.body.next]).toEqual(['2', null]);
  });

  it('goes from request to completion', async () => {
    const id = await aTrip(7);
    expect(answer(await post(`/api/trips/${id}/complete`, { fare: '12.50' }))).toEqual([
      409,
      { error: 'trip is requested' },
    ]);
    expect((await post(`/api/trips/${id}/start`)).body).toMatchObject({
      status: 'en_route',
      startedAt: '2026-11-21T08:00:00Z',
    });
    expect(answer(await post(`/api/trips/${id}/complete`, { fare: 'free' }))).toEqual([
      400,
      { error: 'fare must look like "12.50"' },
    ]);
    const done = await post(`/api/trips/${id}/complete`, { fare: '12.50' });
    expect(done.body).toMatchObject({ status: 'completed', fare: '12.50', finishedAt: '2026-11-21T08:00:00Z' });
    expect(answer(await post(`/api/trips/${id}/cancel`))).toEqual([409, { error: 'trip is completed' }]);
  });

  it('can be changed, and says when it was only if it was', async () => {
    const id = await aTrip(7, { note: 'old' });
    await db.sql(`UPDATE trip SET updated_at = '2026-01-01 00:00:00.000'`);
    const untouched = await patch(`/api/trips/${id}`, { note: 'old' });
    expect(untouched.body).toMatchObject({ note: 'old', updatedAt: '2026-01-01T00:00:00.000Z' });
    const changed = await patch(`/api/trips/${id}`, { note: null, dropoff: null, extras: { a: 1 } });
    expect(changed.body).toMatchObject({ note: null, dropoff: null, extras: { a: 1 }, updatedAt: NOW });
  });

  it('is removed but keeps the state it was in', async () => {
    const id = await aTrip(7);
    await post(`/api/trips/${id}/start`);
    expect((await remove(`/api/trips/${id}`)).status).toBe(204);
    expect(answer(await get(`/api/trips/${id}`))).toEqual(NOT_FOUND);
    expect(answer(await remove(`/api/trips/${id}`))).toEqual(NOT_FOUND);
    expect(await db.sql('SELECT state, removed_from FROM trip')).toEqual([
      { state: 'removed', removed_from: 'en_route' },
    ]);
  });
});

describe('the positions of a trip', () => {
  const at = (second: number) => `2026-01-02T03:04:0${second}.12345${second}Z`;

  it('are kept to the microsecond and the sixth decimal', async () => {
    const id = await aTrip(7);
    const points = [
      { lat: 52.1234565, lng: -13.4, speedKmh: 12.3, recordedAt: at(1) },
      { lat: 0, lng: 180, recordedAt: at(2), clientRef: 'p' },
    ];
    expect(answer(await post(`/api/tracking/${id}`, { points }))).toEqual([201, { accepted: 2 }]);
    expect((await get(`/api/tracking/${id}`)).text).toBe(
      `{"points":[{"id":"1","lat":"52.123457","lng":"-13.400000","speedKmh":12.3,"source":"gps","recordedAt":"${at(1)}"},` +
        `{"id":"2","lat":"0.000000","lng":"180.000000","speedKmh":null,"source":"gps","recordedAt":"${at(2)}"}]}`,
    );
    expect((await get(`/api/tracking/${id}/last`)).body).toMatchObject({ id: '2' });
  });

  it('may be none yet', async () => {
    const id = await aTrip(7);
    expect(answer(await get(`/api/tracking/${id}`))).toEqual([200, { points: [] }]);
    expect(answer(await get(`/api/tracking/${id}/last`))).toEqual([404, { error: 'no position' }]);
    expect(answer(await post(`/api/tracking/${id}`, { points: [] }))).toEqual([
      400,
      { error: 'points must be a list of 1 to 200' },
    ]);
  });
});

describe('a write the fence refuses', () => {
  const tables = ['trip', 'trip_point'];
  const fence = (verb: string, table: string): string =>
    `CREATE TRIGGER fence_${table}_${verb} BEFORE ${verb} ON ${table} FOR EACH ROW
       SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'legacy owns trips'`;

  it('invariant 2: is a 503 to come back with, and nothing is written', async () => {
    const id = await aTrip(7);
    for (const table of tables) for (const verb of ['INSERT', 'UPDATE']) await db.pool.query(fence(verb, table));
    const point = { lat: 1, lng: 1, recordedAt: '2026-01-02T03:04:05Z' };
    const refused = [
      await post('/api/trips', { pickup: 'B' }),
      await patch(`/api/trips/${id}`, { note: 'x' }),
      await post(`/api/trips/${id}/start`),
      await remove(`/api/trips/${id}`),
      await post(`/api/tracking/${id}`, { points: [point] }),
    ];
    for (const table of tables)
      for (const verb of ['INSERT', 'UPDATE']) await db.sql(`DROP TRIGGER fence_${table}_${verb}`);
    for (const response of refused) {
      expect(answer(response)).toEqual([503, { error: 'not the owner of trips' }]);
      expect(response.headers['retry-after']).toBe('1');
    }
    expect(await db.sql('SELECT id, state, note FROM trip')).toEqual([{ id, state: 'requested', note: null }]);
    expect((await get(`/api/trips/${id}`)).status).toBe(200);
  });
});

describe('/readyz', () => {
  const ready = async (): Promise<[number, unknown]> => answer(await request(app).get('/readyz'));

  it('follows the copy while legacy owns the rows, and the service once it owns them', async () => {
    expect(await ready()).toEqual([503, { ready: false, reason: expect.stringContaining('ER_') }]);
    await db.sql(`CREATE DATABASE banyan;
      CREATE TABLE banyan.ownership (unit VARCHAR(64) PRIMARY KEY, owner ENUM('legacy','service') NOT NULL);
      CREATE TABLE banyan.stream_position (name VARCHAR(64) PRIMARY KEY, state VARCHAR(16), stopped_code VARCHAR(64),
        changed_at DATETIME(3) NOT NULL)`);
    expect(await ready()).toEqual([503, { ready: false, reason: 'there is no copy yet' }]);
    await db.sql(`INSERT INTO banyan.stream_position VALUES ('trips:forward', 'streaming', NULL, NOW(3))`);
    expect(await ready()).toEqual([200, { ready: true }]);
    await db.sql('UPDATE banyan.stream_position SET changed_at = NOW(3) - INTERVAL 1 MINUTE');
    expect(await ready()).toEqual([503, { ready: false, reason: expect.stringContaining('limit 1000 ms') }]);
    await db.sql(`INSERT INTO banyan.ownership VALUES ('trips', 'service')`);
    expect(await ready()).toEqual([200, { ready: true }]);
    expect(answer(await request(app).get('/healthz'))).toEqual([200, { ok: true }]);
  });
});

describe('the entities', () => {
  it('say what the schema migrations built', async () => {
    const { upQueries } = await database.driver.createSchemaBuilder().log();
    expect(upQueries.map((query) => query.query)).toEqual([]);
  });
});
