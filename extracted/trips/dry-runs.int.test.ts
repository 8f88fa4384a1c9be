import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import request, { type Test } from 'supertest';
import type { DataSource } from 'typeorm';
import type { ShadowAnswer } from '../../edge/index.ts';
import { migrateSchema } from '../../migrations/trips/schema/index.ts';
import { openDryRuns, type DryRuns } from '../../service/index.ts';
import { silentLog, systemClock } from '../../shared/index.ts';
import { useMariaDb, type TestDatabase } from '../../test/support/index.ts';
import { createApp } from './app.ts';
import { createDatabase } from './database.ts';
import { createIdentityVerifier } from './identity.ts';

const KEY = 'a key of the test, long enough for HS256';
const NOW = Date.parse('2026-11-21T08:00:00.987Z');

let db: TestDatabase;
let database: DataSource;
let dryRuns: DryRuns;
afterAll(async () => {
  await dryRuns.close();
  await database.destroy();
});
const maria = useMariaDb();
let write: (method: 'post' | 'patch' | 'delete', path: string, body?: object) => Promise<ShadowAnswer>;

beforeAll(async () => {
  db = await maria.createDatabase();
  await migrateSchema(db.url);
  await db.sql(`INSERT INTO trip (id, rider_id, state, pickup, shared, odometer_start, created_at, updated_at)
                VALUES (5, 7, 'requested', 'A', 0, 0, NOW(), NOW());
                INSERT INTO trip_fare VALUES (5, 0, 100, 'EUR')`);
  database = await createDatabase(db.url).initialize();
  dryRuns = await openDryRuns({ database, dryRunUrl: db.url, log: silentLog });
  const clock = { ...systemClock, now: () => NOW };
  const verifyIdentity = createIdentityVerifier({ key: KEY, clock: systemClock });
  const checkReadiness = (): Promise<{ ready: true }> => Promise.resolve({ ready: true });
  const app = createApp({ database, verifyIdentity, checkReadiness, clock, log: silentLog, dryRuns });
  const jwt = new SignJWT().setProtectedHeader({ alg: 'HS256' }).setSubject('7').setAudience('trips');
  const identity = await jwt.setExpirationTime('60s').sign(new TextEncoder().encode(KEY));
  write = async (method, path, body) => {
    const call: Test = request(app)[method](path).set('x-banyan-identity', identity).set('x-banyan-shadow', 'dry-run');
    const answer = await call
      .send(body)
      .buffer(true)
      .parse((res, done) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => done(null, Buffer.concat(chunks)));
      });
    expect(answer.headers['x-banyan-shadow-ack']).toBe('rolled-back');
    return JSON.parse(String(answer.body)) as ShadowAnswer;
  };
});

describe('a write of the trips service in a dry run', () => {
  it('shows both rows of a new trip, and leaves none', async () => {
    const { status, effects } = await write('post', '/api/trips', { pickup: 'B' });
    expect([status, effects?.rows.map(({ table, before }) => [table, before])]).toEqual([
      201,
      [
        ['trip', null],
        ['trip_fare', null],
      ],
    ]);
    expect(effects?.rows[0]?.after).toMatchObject({ pickup: 'B', updated_at: '2026-11-21 08:00:00.987' });
    expect(await db.sql('SELECT id FROM trip')).toEqual([{ id: '5' }]);
  });

  it.each([
    ['patch', '/api/trips/5', { note: 'x' }, ['note', 'updated_at']],
    ['post', '/api/trips/5/start', undefined, ['state', 'started_at', 'updated_at']],
    ['delete', '/api/trips/5', undefined, ['state', 'removed_from', 'updated_at']],
  ] as const)('shows what it would change: %s %s', async (method, path, body, columns) => {
    const { effects } = await write(method, path, body);
    const [row] = effects?.rows ?? [];
    const changed = Object.entries(row?.after ?? {}).filter(([name, value]) => value !== row?.before?.[name]);
    expect([effects?.rows.length, changed.map(([name]) => name)]).toEqual([1, columns]);
    expect(await db.sql('SELECT state, note FROM trip')).toEqual([{ state: 'requested', note: null }]);
  });

  it('shows positions that are inserted by plain SQL', async () => {
    const point = { lat: 1.5, lng: 2, recordedAt: '2026-01-02T03:04:05.123456Z' };
    const { effects } = await write('post', '/api/tracking/5', { points: [point, point] });
    expect(effects?.rows.map(({ after }) => after)).toEqual(
      [1, 2].map(() =>
        expect.objectContaining({ trip_id: '5', latitude: '1.500000', recorded_at: '2026-01-02 03:04:05.123456' }),
      ),
    );
    expect(await db.sql('SELECT id FROM trip_point')).toEqual([]);
  });
});
