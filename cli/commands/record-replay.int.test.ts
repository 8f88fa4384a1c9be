import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { createEdge, type Edge, type Route } from '../../edge/index.ts';
import { createFileFlagProvider } from '../../flags/index.ts';
import { createMetrics, silentLog, waitUntil } from '../../shared/index.ts';
import type { Context } from '../context.ts';
import { headOf } from '../replay/recording-file.ts';
import { record } from './record.ts';
import { replay, type ReplayFlags } from './replay.ts';

const TOKEN = 'token-of-the-test';
const KEY = 'k'.repeat(32);
const TRIP = { id: '17', fare: '12.50', note: null, seats: [1, 2], shared: true };

let folder: string;
let servers: Server[];
let legacy: { url: string; seen: IncomingMessage[]; answer: (request: IncomingMessage) => object };
let service: typeof legacy;
let output: PassThrough;
let edges: Edge[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'recording-'));
  servers = [];
  edges = [];
  [legacy, service] = [await application(), await application()];
  output = new PassThrough();
});
afterEach(async () => {
  await Promise.all(edges.map((edge) => edge.close()));
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true });
});

async function application(): Promise<typeof legacy> {
  const state: typeof legacy = { url: '', seen: [], answer: () => TRIP };
  const handler: RequestListener = (request, response) => {
    state.seen.push(request);
    void text(request).then(() =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(state.answer(request))),
    );
  };
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return Object.assign(state, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function context(env: Record<string, string> = {}, signal = new AbortController().signal): Context {
  const all = {
    BANYAN_ADMIN_TOKEN: TOKEN,
    LEGACY_URL: legacy.url,
    TRIPS_URL: service.url,
    BANYAN_IDENTITY_KEY: KEY,
    ...env,
  };
  return { env: all, signal, output: { json: true, stream: output as unknown as NodeJS.WriteStream } };
}

const printed = (): { routes: { differences: object[] }[] } =>
  JSON.parse(String(output.read())) as { routes: { differences: object[] }[] };

/** A recording as `banyan record` writes it. */
function recording(...requests: object[]): string {
  const path = join(folder, 'given.jsonl');
  const plain = {
    atMs: 0,
    route: 'GET /api/trips/{id}',
    method: 'GET',
    path: '/api/trips/17',
    headers: {},
    session: 'user-1',
    status: 200,
  };
  const lines = [headOf('trips', Date.now()), ...requests.map((one) => ({ ...plain, ...one }))];
  writeFileSync(path, lines.map((line) => JSON.stringify(line)).join('\n') + '\n');
  return path;
}

function sessions(): string {
  const path = join(folder, 'sessions.json');
  writeFileSync(path, JSON.stringify({ '*': { control: { cookie: 'fleet_session=mine' }, subject: '7' } }));
  return path;
}

const POST = {
  route: 'POST /api/trips',
  method: 'POST',
  path: '/api/trips',
  body: '{"pickup":"xx"}',
  headers: { 'content-type': 'application/json' },
};
const flags = (more: Partial<ReplayFlags> = {}): ReplayFlags => ({ speed: 'max', sessions: sessions(), ...more });

describe('banyan record', () => {
  async function openEdge(): Promise<{ url: string; admin: string }> {
    const routes: Route[] = [
      { unit: 'trips', kind: 'api', method: 'GET', path: '/api/trips/{id}', access: 'read', entity: 'trip' },
    ];
    const edge = createEdge({
      routes,
      legacy: legacy.url,
      services: { trips: service.url },
      salts: { trips: 's' },
      unitState: () => ({ stage: 'legacy', owner: 'legacy', epoch: 1, ceilings: {} }),
      watermarks: { head: () => Promise.resolve({}), isLevel: () => true, isApplied: () => true },
      flags: createFileFlagProvider({ path: join(folder, 'flags.json'), log: silentLog }),
      subject: { ways: [{ way: 'session', cookie: 'fleet_session', format: 'signed-user-id', secret: 'secret' }] },
      identityKey: KEY,
      adminToken: TOKEN,
      registry: createMetrics(),
      log: silentLog,
    });
    edges.push(edge);
    const [{ port }, admin] = [await edge.listen(0), await edge.listenAdmin(0)];
    return { url: `http://127.0.0.1:${port}`, admin: `http://127.0.0.1:${admin.port}` };
  }

  it('writes masked requests into a file of its owner alone, and as HAR', async () => {
    const { url, admin } = await openEdge();
    const [to, har] = [join(folder, 'r.jsonl'), join(folder, 'r.har')];
    const done = record(context({ BANYAN_EDGE_URLS: admin }), 'trips', { to, har, for: '1s', share: '1' });
    await recordedIn(to, `${url}/api/trips/17?q=Ada`, 'user-1');
    await done;
    expect(statSync(to).mode & 0o777).toBe(0o600);
    const [head, first] = readFileSync(to, 'utf8')
      .split('\n')
      .map((line) => (line === '' ? {} : (JSON.parse(line) as object)));
    expect(head).toMatchObject({ format: 'banyan-recording', version: 1, unit: 'trips' });
    expect(first).toMatchObject({ route: 'GET /api/trips/{id}', path: '/api/trips/17?q=xxx', session: 'user-1' });
    expect(JSON.parse(readFileSync(har, 'utf8'))).toMatchObject({
      log: { version: '1.2', entries: expect.arrayContaining([expect.objectContaining({ comment: 'user-1' })]) },
    });
    await expect(record(context(), 'trips', { to, for: '1s', share: '1' })).rejects.toMatchObject({
      code: 'CLI_USAGE',
    });
  });

  it('calls a user the same through all edges, and says that one broke off', async () => {
    const [one, other] = [await openEdge(), await openEdge()];
    const [to, over] = [join(folder, 'r.jsonl'), new AbortController()];
    const everywhere = context({ BANYAN_EDGE_URLS: `${one.admin},${other.admin}` }, over.signal);
    const done = record(everywhere, 'trips', { to, for: '1d', share: '1' });
    await recordedIn(to, `${other.url}/api/trips/1`, '/api/trips/1');
    await recordedIn(to, `${one.url}/api/trips/2`, '/api/trips/2');
    await edges[1]?.close();
    await recordedIn(to, `${one.url}/api/trips/3`, '/api/trips/3');
    over.abort();
    await done;
    const lines = readFileSync(to, 'utf8').trim().split('\n').slice(1);
    expect(new Set(lines.map((line) => (JSON.parse(line) as { session: string }).session))).toEqual(
      new Set(['user-1']),
    );
    expect(printed()).toEqual({ unit: 'trips', file: to, taken: lines.length, dropped: 0, lost: 1 });
  });
});

/** Sends requests of a user until what is recorded holds the text. */
async function recordedIn(file: string, url: string, wanted: string): Promise<void> {
  const cookie = `7.s1.4102444800.${createHmac('sha256', 'secret').update('7.s1.4102444800').digest('base64url')}`;
  const isThere = async (): Promise<boolean> => {
    await (await fetch(url, { headers: { cookie: `fleet_session=${cookie}` } })).text();
    return readFileSyncOr(file).includes(wanted);
  };
  expect(await waitUntil(isThere, { budgetMs: 50_000 })).toBe(true);
}

function readFileSyncOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

describe('banyan replay', () => {
  it('asks both sides as the people that sessions stand for, and finds them equal', async () => {
    await replay(context(), recording({}, { session: null, path: '/api/trips/18' }, POST), flags());
    expect(printed().routes).toEqual([
      { route: 'GET /api/trips/{id}', samples: 2, mismatches: 0, failed: 0, skipped: 0, differences: [] },
      { route: 'POST /api/trips', samples: 0, mismatches: 0, failed: 0, skipped: 1, differences: [] },
    ]);
    const asked = ({ seen }: typeof legacy): unknown[] =>
      seen.map(({ url, headers }) => [url, headers.cookie, headers['x-banyan-identity'] !== undefined]);
    expect(asked(legacy)).toEqual(
      expect.arrayContaining([
        ['/api/trips/17', 'fleet_session=mine', false],
        ['/api/trips/18', undefined, false],
      ]),
    );
    expect(asked(service)).toEqual(
      expect.arrayContaining([
        ['/api/trips/17', undefined, true],
        ['/api/trips/18', undefined, false],
      ]),
    );
  });

  it('names what differs and fails, and holds nothing against the service that legacy has with itself', async () => {
    let n = 0;
    legacy.answer = () => ({ ...TRIP, at: n++ });
    service.answer = () => ({ ...TRIP, fare: '12.51', at: n++ });
    await expect(replay(context(), recording({}), flags())).rejects.toMatchObject({ code: 'REPLAY_DIFFERS' });
    const [route] = printed().routes;
    expect(route?.differences).toEqual([{ path: '$.fare', class: 'value', count: 1 }]);
  });

  it('keeps the pace that it is told', async () => {
    const started = performance.now();
    await replay(context(), recording({ atMs: 500 }, { atMs: 2500 }), flags({ speed: '10' }));
    expect(performance.now() - started).toBeGreaterThan(190);
  });

  it('sends writes to disposable copies only', async () => {
    const file = recording(POST);
    await expect(replay(context(), file, flags({ writes: true }))).rejects.toMatchObject({ code: 'REPLAY_REFUSED' });
    const inUse = plansWith({ legacy: `${legacy.url}/`, service: 'http://127.0.0.1:9/' });
    await expect(replay(context({ BANYAN_PLANS: inUse }), file, flags({ writes: true }))).rejects.toMatchObject({
      code: 'REPLAY_REFUSED',
      message: expect.stringContaining('is in use'),
    });
    expect([legacy.seen, service.seen]).toEqual([[], []]);
    const copies = [await application(), await application()] as const;
    const plans = plansWith({ legacy: copies[0].url, service: copies[1].url });
    await replay(context({ BANYAN_PLANS: plans }), file, flags({ writes: true }));
    expect([...copies, legacy, service].map(({ seen }) => seen.length)).toEqual([1, 1, 0, 0]);
  });

  it.each<[string, () => Promise<void>, string]>([
    ['a session of nobody', () => replay(context(), recording({}), { speed: '1' }), 'user-1'],
    ['a speed that is none', () => replay(context(), recording({}), flags({ speed: '0' })), '--speed'],
    ['a choice without a file', () => replay(context(), recording({}), flags({ choose: '1' })), '--choose'],
    ['a line that is no request', () => replay(context(), recording({ path: 'x' }), flags()), 'line 2'],
  ])('refuses %s', async (_, work, named) => {
    await expect(work()).rejects.toThrow(named);
    expect([legacy.seen, service.seen]).toEqual([[], []]);
  });
});

function plansWith(disposable: object): string {
  const plans = mkdtempSync(join(folder, 'plans-'));
  const plan = readFileSync('migrations/trips/plan.yaml', 'utf8');
  const unit = join(plans, 'trips');
  mkdirSync(unit);
  writeFileSync(join(unit, 'plan.yaml'), `${plan}\ndisposable: ${JSON.stringify(disposable)}\n`);
  return plans;
}

describe('what is exported of chosen samples', () => {
  const matchers = z.strictObject({
    matchers: z.array(z.strictObject({ match: z.enum(['type', 'regex']), regex: z.string().optional() })).min(1),
    combine: z.enum(['AND', 'OR']),
  });
  /** A contract of version 3, as the specification has it; nothing else may be in it. */
  const pact = z.strictObject({
    consumer: z.strictObject({ name: z.string() }),
    provider: z.strictObject({ name: z.string() }),
    interactions: z.array(
      z.strictObject({
        description: z.string(),
        providerStates: z.array(z.strictObject({ name: z.string() })).optional(),
        request: z.strictObject({
          method: z.string(),
          path: z.string().regex(/^\/[^?]*$/),
          query: z.record(z.string(), z.array(z.string())).optional(),
          headers: z.record(z.string(), z.string()).optional(),
          body: z.unknown().optional(),
        }),
        response: z.strictObject({
          status: z.number().int(),
          headers: z.record(z.string(), z.string()).optional(),
          body: z.unknown().optional(),
          matchingRules: z
            .strictObject({ header: z.record(z.string(), matchers), body: z.record(z.string(), matchers) })
            .optional(),
        }),
      }),
    ),
    metadata: z.strictObject({ pactSpecification: z.strictObject({ version: z.literal('3.0.0') }) }),
  });

  it('is a contract for Pact, which says types and no values', async () => {
    const to = join(folder, 'pact.json');
    await replay(context(), recording({ path: '/api/trips/17?limit=2' }, {}), flags({ choose: '1', pact: to }));
    const contract = pact.parse(JSON.parse(readFileSync(to, 'utf8')));
    expect(contract.interactions).toMatchObject([
      {
        request: { path: '/api/trips/17', query: { limit: ['2'] } },
        response: { status: 200, body: { id: 'text', fare: 'text', note: null, seats: [1], shared: true } },
      },
    ]);
  });

  it('is a test file that runs as it is, and fails when the shape does', async () => {
    const to = join(process.cwd(), 'cli', 'replay', `exported-${process.pid}.test.mjs`);
    await replay(context(), recording({}), flags({ choose: '1', jest: to }));
    const jest = (): Promise<string> =>
      promisify(execFile)(
        process.execPath,
        [
          '--experimental-vm-modules',
          'node_modules/jest/bin/jest.js',
          '--testRegex',
          'exported-.*mjs$',
          '--testPathPatterns',
          to,
        ],
        { env: { PATH: process.env['PATH'], BASE_URL: service.url, SESSIONS: '{"*":{"cookie":"a=b"}}' } },
      ).then(
        ({ stderr }) => stderr,
        (error: { stderr: string }) => error.stderr,
      );
    try {
      expect(await jest()).toContain('1 passed');
      service.answer = () => ({ ...TRIP, fare: 12.5 });
      expect(await jest()).toContain('1 failed');
    } finally {
      rmSync(to);
    }
  });
});
