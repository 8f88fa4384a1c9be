import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as requestOf } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { openTracing, silentLog, type Tracing } from '../../shared/index.ts';
import { openOtlpReceiver, type OtlpReceiver } from '../../test/support/index.ts';
import { as, canary, openWorld, owned, type World } from '../testing/edge.fixture.ts';
import { talk } from '../testing/raw-http.fixture.ts';

/** What only the person who sent it may know, each in the place where it usually stands. */
const SECRETS = {
  user: '90070077',
  id: 'trip-of-anna',
  query: 'hush-in-query',
  header: 'hush-in-header',
  body: 'hush-in-body',
  answer: 'hush-in-answer',
  cookie: 'hush-in-cookie',
  address: '203.0.113.77',
  baggage: 'hush-in-baggage',
} as const;

const HEADERS = {
  authorization: `Bearer ${SECRETS.header}`,
  'x-api-key': SECRETS.header,
  cookie: `${as(SECRETS.user).cookie}; theme=${SECRETS.cookie}`,
  'x-forwarded-for': SECRETS.address,
  baggage: `user=${SECRETS.baggage}`,
  referer: `https://fleet.example/${SECRETS.id}?${SECRETS.query}`,
};
const PATH = `/api/trips/${SECRETS.id}?token=${SECRETS.query}`;

describe('invariant 10: nothing the edge says holds anything personal,', () => {
  let folder: string;
  let receiver: OtlpReceiver;
  let tracing: Tracing;
  let world: World;
  let logged: string[];
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'banyan-personal-'));
    receiver = await openOtlpReceiver();
    const to = { service: 'edge', endpoint: receiver.url, protocol: 'http/json', headers: {}, resource: {} } as const;
    tracing = await openTracing({ ...to, ratio: 1, log: silentLog });
    logged = [];
    world = await openWorld({
      tracing,
      accessLog: { to: join(folder, 'access.log') },
      trustedProxies: ['127.0.0.0/8'],
      rates: [{ per: 'subject', requests: 8, seconds: 60 }],
      references: 'report',
      log: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }),
      limits: { maxBodyBytes: 10_000, firstByteMs: 10_000 },
    });
    world.legacy.answer = (_request, response) => void response.end(JSON.stringify({ secret: SECRETS.answer }));
  });
  afterEach(async () => {
    await receiver.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Metrics, logs, traces and what the admin listener shows, all that came of it. */
  async function said(): Promise<string> {
    const { port } = await world.edge.listenAdmin(0);
    const shown = ['/metrics', '/version', '/healthz', '/readyz', '/v1/kill'].map(async (path) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: 'Bearer admin' } });
      return answer.text();
    });
    const pages = await Promise.all(shown);
    const report = JSON.stringify(world.edge.shadow('trips'));
    await world.close();
    await tracing.close();
    const spans = receiver.bodies.map(String);
    expect(spans.join('').length).toBeGreaterThan(100);
    return [...pages, report, ...logged, ...spans, readFileSync(join(folder, 'access.log'), 'utf8')].join('\n');
  }

  async function expectNothingPersonal(): Promise<void> {
    const everything = await said();
    for (const secret of Object.values(SECRETS)) expect(everything).not.toContain(secret);
    for (const part of HEADERS.cookie.split(/[.;=]/).filter((one) => one.length > 12))
      expect(everything).not.toContain(part);
  }

  it('when all goes well, on either side', async () => {
    for (const state of [canary(), canary({ stage: 'shadow' }), owned()]) {
      world.state = state;
      await (await world.get(PATH, HEADERS)).text();
    }
    await fetch(`${world.url}/api/trips`, { method: 'POST', body: SECRETS.body, headers: HEADERS });
    await (await world.get(`/elsewhere/${SECRETS.id}?${SECRETS.query}`, HEADERS)).text();
    await expectNothingPersonal();
  });

  it('when targets fail in every way', async () => {
    const failures: World['legacy']['answer'][] = [
      (request) => void request.socket.destroy(),
      (request) => void request.socket.end(`HTTP/1.1 2OO ${SECRETS.answer}\r\n\r\n`),
      (_request, response) => void response.writeHead(500).end(SECRETS.answer),
      (_request, response) => {
        response.writeHead(200, { 'Content-Length': 100 }).write(SECRETS.answer, () => response.destroy());
      },
    ];
    for (const failure of failures) {
      world.legacy.answer = world.service.answer = failure;
      await world.get(PATH, HEADERS).then(
        (answer) => answer.text().catch(() => ''),
        () => '',
      );
    }
    await fetch(`${world.url}/api/trips`, { method: 'POST', body: SECRETS.body, headers: HEADERS }).catch(
      () => undefined,
    );
    await expectNothingPersonal();
  });

  it('when the edge refuses', async () => {
    const head = Object.entries(HEADERS)
      .map(([name, value]) => `${name}: ${value}\n`)
      .join('');
    const refused = [
      `GET /public/../${SECRETS.id}?${SECRETS.query} HTTP/1.1\nHost: a\n${head}\n`,
      `GET ${PATH} HTTP/1.1\nHost: a\nHost: b\n${head}\n`,
      `GET ${PATH} HTTP/1.1\nHost: a\n bad ${SECRETS.header}\n${head}\n`,
      `TRACE ${PATH} HTTP/1.1\nHost: a\n${head}\n`,
      `${SECRETS.id} ${PATH} HTTP/1.1\nHost: a\n${head}\n`,
      `POST /api/trips HTTP/1.1\nHost: a\nContent-Length: 20000\n${head}\n${SECRETS.body}`,
      `GET ${PATH} HTTP/1.1\nHost: a\nX-Big: ${SECRETS.header.repeat(2000)}\n\n`,
    ];
    const answers = [];
    for (const text of refused) answers.push((await talk(world.port, text)).text);
    for (let i = 0; i < 10; i++) answers.push(await (await world.get(PATH, HEADERS)).text());
    for (const secret of [SECRETS.id, SECRETS.query, SECRETS.header, SECRETS.body, SECRETS.user])
      expect(answers.slice(0, refused.length).join('')).not.toContain(secret);
    expect(answers.join('')).toContain('too-many-requests');
    await expectNothingPersonal();
  });

  it('when a connection is upgraded, or its client leaves', async () => {
    world.legacy.answer = (_request, response) => void response.writeHead(401).end(SECRETS.answer);
    await new Promise((resolve, reject) => {
      const headers = { ...HEADERS, connection: 'Upgrade', upgrade: 'websocket' };
      const upgrade = requestOf(`${world.url}/live/${SECRETS.id}?${SECRETS.query}`, { headers });
      upgrade.on('response', (answer) => answer.resume().on('end', resolve));
      upgrade.on('error', reject).end();
    });
    world.legacy.answer = world.service.answer = () => undefined;
    await fetch(world.url + PATH, { headers: HEADERS, signal: AbortSignal.timeout(50) }).catch(() => undefined);
    await expectNothingPersonal();
  });
});
