import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import type { Row, TargetRow } from '../../cdc/index.ts';
import mapping from '../../migrations/trips/mapping.ts';
import { openPool, quoteName, type Pool, type RowDataPacket } from '../../shared/index.ts';
import { startWorld, type World } from '../support/world.ts';

/** Riders who walk through everything; the seed gives each of them trips of every kind. */
const RIDERS = [1, 2, 3, 4, 5];
const SEED = { users: 20, vehicles: 20, trips: 600 };
const POINT = { lat: 52.1234565, lng: -13.4, speedKmh: 12.3, recordedAt: '2026-01-02T03:04:05.123456Z' };

type Side = 'legacy' | 'service';
type Ids = Record<Side, string>;

interface Call {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  /** Sent as it is, for bodies that are no JSON. */
  readonly text?: string;
}

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly etag: boolean;
  readonly text: string;
}

let world: World;
let startedAt = '';
const credentials = new Map<string, Record<string, string>>();

beforeAll(async () => {
  world = await startWorld({ size: SEED });
  await copyThroughMapping(world);
  for (const rider of RIDERS) {
    credentials.set(`legacy ${rider}`, { cookie: await login(rider) });
    credentials.set(`service ${rider}`, { 'x-banyan-identity': await identity(rider) });
  }
  startedAt = new Date().toISOString();
}, 600_000);
afterAll(() => world.stop());

/** Puts the mapped legacy rows into the service's tables, without any stream. */
async function copyThroughMapping({ legacyDb, serviceDb }: World): Promise<void> {
  const from = openPool(legacyDb.url('root', '', 'fleet'));
  const to = openPool(serviceDb.url('root', '', 'trips'));
  try {
    for (const [table, map] of Object.entries(mapping.forward)) {
      const [rows] = await from.query<RowDataPacket[]>(`SELECT * FROM ${quoteName(table)}`);
      await insertAll(
        to,
        rows.flatMap((row) => map(row as Row)),
      );
    }
  } finally {
    await Promise.all([from.end(), to.end()]);
  }
}

async function insertAll(pool: Pool, targets: readonly TargetRow[]): Promise<void> {
  for (const [table, rows] of Object.entries(Object.groupBy(targets, (target) => target.table))) {
    const values = (rows ?? []).map(({ key, columns }) => ({ ...key, ...columns }));
    const names = Object.keys(values[0] ?? {});
    const sql = `INSERT INTO ${quoteName(table)} (${names.map(quoteName).join(', ')}) VALUES ?`;
    await pool.query(sql, [values.map((value) => names.map((name) => (value as Row)[name]))]);
  }
}

async function login(rider: number): Promise<string> {
  const body = JSON.stringify({ email: `user${rider}@fleet.example`, password: `pw-${rider}` });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${world.legacyUrl}/api/users/login`, { method: 'POST', headers, body });
  return response.headers.get('set-cookie')?.split(';')[0] ?? '';
}

function identity(rider: number): Promise<string> {
  const jwt = new SignJWT().setProtectedHeader({ alg: 'HS256' }).setSubject(String(rider)).setAudience('trips');
  return jwt.setExpirationTime('10m').sign(new TextEncoder().encode(world.env['BANYAN_IDENTITY_KEY']));
}

async function send(side: Side, rider: number, { method = 'GET', path, body, text }: Call): Promise<Answer> {
  const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(`${side === 'legacy' ? world.legacyUrl : world.serviceUrl}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...credentials.get(`${side} ${rider}`) },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const type = response.headers.get('content-type');
  return { status: response.status, type, etag: response.headers.has('etag'), text: await response.text() };
}

/** Times of this run differ by milliseconds: they keep their form and lose their value. */
function withoutNow(answer: Answer): Answer {
  const time = /"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z"/g;
  const hide = (whole: string, seconds: string, fraction = ''): string =>
    seconds >= startedAt.slice(0, 19) ? `"<now>${fraction.replaceAll(/\d/g, '0')}"` : whole;
  return { ...answer, text: answer.text.replaceAll(time, hide) };
}

/** Sends the call to both sides and answers both; `{id}` in the path is each side's own. */
async function both(rider: number, call: Call, ids?: Ids): Promise<Record<Side, Answer>> {
  const on = async (side: Side): Promise<Answer> => {
    const path = call.path.replace('{id}', ids?.[side] ?? '');
    const answer = withoutNow(await send(side, rider, { ...call, path }));
    return ids ? { ...answer, text: answer.text.replaceAll(`"${ids[side]}"`, '"<id>"') } : answer;
  };
  return { legacy: await on('legacy'), service: await on('service') };
}

async function expectSame(rider: number, call: Call, ids?: Ids): Promise<Answer> {
  const { legacy, service } = await both(rider, call, ids);
  const sent = JSON.stringify(call).slice(0, 200);
  expect({ sent, ...service }).toEqual({ sent, ...legacy });
  return legacy;
}

async function create(rider: number, body: object): Promise<Ids> {
  const { legacy, service } = await both(rider, { method: 'POST', path: '/api/trips', body });
  const ids = { legacy: idIn(legacy), service: idIn(service) };
  const masked = (side: Side, answer: Answer): string => answer.text.replace(`"${ids[side]}"`, '"<id>"');
  expect({ body, ...service, text: masked('service', service) }).toEqual({
    body,
    ...legacy,
    text: masked('legacy', legacy),
  });
  return ids;
}

const idIn = (answer: Answer): string => (JSON.parse(answer.text) as { id: string }).id;

/** Every trip of a rider that can be seen, removed ones found out by their gaps. */
async function tripIdsOf(rider: number): Promise<string[]> {
  const ids: string[] = [];
  for (let path: string | undefined = '/api/trips?limit=7'; path !== undefined;) {
    const answer = await expectSame(rider, { path });
    const page = JSON.parse(answer.text) as { trips: { id: string }[]; next: string | null };
    ids.push(...page.trips.map((trip) => trip.id));
    path = page.next === null ? undefined : `/api/trips?limit=7&before=${page.next}`;
  }
  return ids;
}

// path and body of a POST each
const BAD: [string, unknown][] = [
  ['/api/trips', {}],
  ['/api/trips', []],
  ['/api/trips', { pickup: '' }],
  ['/api/trips', { pickup: 'A'.repeat(256) }],
  ['/api/trips', { pickup: 'A', dropoff: 1 }],
  ['/api/trips', { pickup: 'A', note: 'n'.repeat(10_001) }],
  ['/api/trips', { pickup: 'A', extras: 'text' }],
  ['/api/trips', { pickup: 'A', extras: [1] }],
  ['/api/trips', { pickup: 'A', routeId: -1 }],
  ['/api/trips', { pickup: 'A', routeId: 4_294_967_296 }],
  ['/api/trips', { pickup: 'A', clientRef: 'c'.repeat(37) }],
  ['/api/trips/1/complete', {}],
  ['/api/trips/1/complete', { fare: '12.5' }],
  ['/api/trips/0/complete', { fare: '12.50' }],
  ['/api/trips/abc/start', undefined],
  ['/api/trips/1/nothing', undefined],
  ['/api/tracking/1', undefined],
  ['/api/tracking/1', { points: [] }],
  ['/api/tracking/1', { points: [null] }],
  ['/api/tracking/1', { points: [{ ...POINT, lat: 90.1 }] }],
  ['/api/tracking/1', { points: [POINT, { ...POINT, recordedAt: '2026-01-02 03:04:05' }] }],
  ['/api/tracking/1', { points: [{ ...POINT, recordedAt: '2026-02-30T03:04:05Z' }] }],
  ['/api/tracking/abc', { points: [POINT] }],
];

describe('legacy and the trips service give the same answers', () => {
  it('for every row of the seed, traps included', async () => {
    for (const rider of RIDERS) {
      const ids = await tripIdsOf(rider);
      expect(ids.length).toBeGreaterThan(0);
      for (const id of ids) {
        await expectSame(rider, { path: `/api/trips/${id}` });
        await expectSame(rider, { path: `/api/tracking/${id}` });
        await expectSame(rider, { path: `/api/tracking/${id}/last` });
      }
    }
  });

  it('for trips that are removed, of others, or of nobody', async () => {
    for (let id = 1; id <= 60; id++) await expectSame(1, { path: `/api/trips/${id}` });
    for (const id of ['0', '-1', 'abc', '1e3', '007', '99999999999999999999', '9223372036854775807', '%20', '%E0%A4%A'])
      await expectSame(1, { path: `/api/trips/${id}` });
  });

  it('for every odd limit and page', async () => {
    for (const query of ['limit=0', 'limit=-1', 'limit=x', 'limit=3.9', 'limit=1000', 'limit=2&limit=3', 'before=x'])
      await expectSame(2, { path: `/api/trips?${query}` });
    for (const query of ['before=0', 'before=000', 'before=1', 'before=300&limit=1', 'before=99999999999999999999'])
      await expectSame(2, { path: `/api/trips?${query}` });
  });

  it('for nobody, on every route', async () => {
    for (const path of ['/api/trips', '/api/trips/1', '/api/tracking/1', '/api/tracking/1/last', '/api/trips/1/x'])
      expect((await expectSame(999, { path })).status).toBe(401);
    expect((await expectSame(999, { method: 'POST', path: '/api/trips', text: '{' })).status).toBe(400);
  });

  it('for a trip from its request to its end', async () => {
    const ids = await create(1, { pickup: 'A 🚕', dropoff: null, note: 'n', extras: { b: 1, a: [1.5] }, routeId: 3 });
    await expectSame(1, { path: '/api/trips/{id}' }, ids);
    await expectSame(1, { method: 'POST', path: '/api/trips/{id}/complete', body: { fare: '12.50' } }, ids);
    await expectSame(1, { method: 'PATCH', path: '/api/trips/{id}', body: { note: 'n2', extras: null } }, ids);
    await expectSame(
      1,
      { method: 'POST', path: '/api/tracking/{id}', body: { points: [POINT, { ...POINT, lat: 1e-7 }] } },
      ids,
    );
    for (const step of ['start', 'start'])
      await expectSame(1, { method: 'POST', path: `/api/trips/{id}/${step}` }, ids);
    await expectSame(1, { method: 'POST', path: '/api/trips/{id}/complete', body: { fare: 12.55 } }, ids);
    for (const step of ['cancel', 'start'])
      await expectSame(1, { method: 'POST', path: `/api/trips/{id}/${step}` }, ids);
    for (const method of ['DELETE', 'DELETE', 'GET', 'PATCH'])
      await expectSame(1, { method, path: '/api/trips/{id}' }, ids);
  });

  it('for a trip that is cancelled, and one asked for with as little as possible', async () => {
    const ids = await create(2, { pickup: 'A', clientRef: 'blank at the end ' });
    await expectSame(2, { method: 'POST', path: '/api/trips/{id}/cancel' }, ids);
    await expectSame(2, { path: '/api/trips/{id}' }, await create(2, { pickup: '  ', extras: {}, clientRef: '' }));
    await expectSame(2, { path: '/api/trips/{id}' }, await create(2, { pickup: 'A', extras: { __proto__x: '"\\' } }));
  });

  it('for a change that changes nothing, the time of the last change included', async () => {
    const [id = ''] = await tripIdsOf(3);
    const trip = JSON.parse((await expectSame(3, { path: `/api/trips/${id}` })).text) as { note: string | null };
    const same = { method: 'PATCH', path: `/api/trips/${id}`, body: { note: trip.note } };
    expect((await expectSame(3, same)).text).not.toContain('<now>');
    expect((await expectSame(3, { ...same, body: { note: `${trip.note} ` } })).text).toContain('<now>');
    for (const body of [{}, [], undefined, { pickup: 'ignored' }]) await expectSame(3, { ...same, body });
  });

  it('for positions, to the microsecond', async () => {
    const ids = await create(4, { pickup: 'A' });
    const points = [
      { ...POINT, speedKmh: 0.1, clientRef: 'p' },
      { lat: -90, lng: 180, recordedAt: '2026-01-02T03:04:05Z' },
      { ...POINT, speedKmh: 999.999, recordedAt: '2026-01-02T03:04:05.1Z' },
    ];
    await expectSame(4, { method: 'POST', path: '/api/tracking/{id}', body: { points } }, ids);
    const read = await both(4, { path: '/api/tracking/{id}' }, ids);
    const withoutIds = ({ text }: Answer): string => text.replaceAll(/"id":"\d+"/g, '"id":"<id>"');
    expect(withoutIds(read.service)).toBe(withoutIds(read.legacy));
  });

  it('for bodies that are refused and rows that are not there', async () => {
    for (const [path, body] of BAD) await expectSame(5, { method: 'POST', path, body });
  });

  it('for bodies that are no JSON or far too long', async () => {
    for (const text of [
      '{',
      'null',
      '"text"',
      '',
      JSON.stringify({ pickup: 'A', extras: { x: 'x'.repeat(1_100_000) } }),
    ])
      await expectSame(5, { method: 'POST', path: '/api/trips', text });
  });
});
