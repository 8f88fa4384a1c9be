import { createServer, request as requestOf, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import express, { type Express, type ErrorRequestHandler } from 'express';
import supertest from 'supertest';
import { as, openWorld, type World } from '../testing/edge.fixture.ts';
import { mountEdge } from './mount-edge.ts';

/** Nothing here is about time; a busy machine may take long over its first request. */
const PATIENT = { firstByteMs: 10_000 };

let world: World;
let app: Express;
beforeEach(async () => {
  world = await openWorld({ limits: PATIENT });
  app = express();
});
afterEach(() => world.close());

describe('an edge in an Express application', () => {
  it('takes the routes of its plans and lets the others pass', async () => {
    mountEdge(world.edge, app);
    app.get('/own', (_request, response) => void response.json({ by: 'the application' }));
    const routed = await supertest(app).get('/api/trips/7').set(as('7'));
    expect([routed.status, routed.body]).toEqual([200, { by: 'service' }]);
    expect((await supertest(app).get('/own')).body).toEqual({ by: 'the application' });
    expect((await supertest(app).get('/nothing')).status).toBe(404);
    expect(world.legacy.seen).toHaveLength(0);
  });

  it('sends everything else to legacy where that is wanted', async () => {
    mountEdge(world.edge, app, { unmatched: 'legacy' });
    expect((await supertest(app).get('/anything')).body).toEqual({ by: 'legacy' });
  });

  it('leaves bodies to parsers behind it and carries its own', async () => {
    world.legacy.answer = (request, response) => void request.pipe(response);
    mountEdge(world.edge, app);
    app.use(express.json());
    app.post('/own', (request, response) => void response.json({ seen: request.body as unknown }));
    expect((await supertest(app).post('/own').send({ a: 1 })).body).toEqual({ seen: { a: 1 } });
    const carried = await supertest(app).post('/api/trips').set(as('7')).send({ note: 'zwei Koffer' });
    expect(carried.text).toBe('{"note":"zwei Koffer"}');
  });

  it('case 72: is refused behind a body parser, by name', () => {
    app.use(express.json(), express.urlencoded());
    expect(() => mountEdge(world.edge, app)).toThrow(
      expect.objectContaining({ code: 'EDGE_BODY_PARSER_IN_FRONT', message: expect.stringContaining('jsonParser') }),
    );
  });

  it('case 72: answers 500 at once when a parser it could not see has read the body', async () => {
    app.use((request, response, next) => express.json()(request, response, next));
    mountEdge(world.edge, app);
    const answer = await supertest(app).post('/api/trips').set(as('7')).send({ a: 1 });
    expect([answer.status, (answer.body as { code: string }).code]).toEqual([500, 'body-already-read']);
    expect(world.legacy.seen).toHaveLength(0);
    expect((await supertest(app).get('/api/trips/7').set(as('7'))).status).toBe(200);
  });

  it('matches the whole path where it is mounted below one', async () => {
    const api = express.Router();
    api.use(world.edge.middleware('next'));
    app.use('/api', api);
    app.use((request, response) => void response.json({ url: request.url }));
    expect((await supertest(app).get('/api/trips/7?a=1').set(as('7'))).body).toEqual({ by: 'service' });
    expect(world.service.seen[0]?.url).toBe('/api/trips/7?a=1');
    expect((await supertest(app).get('/api/other')).body).toEqual({ url: '/api/other' });
  });

  it('refuses what can be read in two ways, also when it could pass it on', async () => {
    mountEdge(world.edge, app);
    expect((await supertest(app).get('/public/%2e%2e/api/trips/7')).status).toBe(400);
  });

  it('keeps headers that middleware in front has set, and tells errors behind it nothing', async () => {
    app.disable('x-powered-by');
    app.use((_request, response, next) => {
      response.setHeader('X-Frame-Options', 'DENY');
      next();
    });
    mountEdge(world.edge, app);
    const onError: ErrorRequestHandler = (_error, _request, response, _next) => void response.status(599).end();
    app.use(onError);
    world.legacy.answer = (request) => void request.socket.destroy();
    const answer = await supertest(app).post('/api/trips').set(as('7')).send('x');
    expect([answer.status, answer.headers['x-frame-options']]).toEqual([502, 'DENY']);
  });
});

describe('WebSocket handshakes of an application', () => {
  let server: Server;
  beforeEach(() => void (server = createServer(app)));
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  async function handshake(path: string): Promise<number | undefined> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return new Promise((resolve, reject) => {
      const headers = { connection: 'Upgrade', upgrade: 'websocket', ...as('7') };
      const upgrade = requestOf({ port, path, headers });
      upgrade.on('response', (answer) => resolve(answer.resume().statusCode));
      upgrade.on('error', reject).end();
    });
  }

  it('follow the decision for their route', async () => {
    world.service.answer = (_request, response) => void response.writeHead(426).end();
    mountEdge(world.edge, app, { server });
    expect(await handshake('/api/trips/7')).toBe(426);
    expect(world.service.seen[0]?.headers).toMatchObject({ upgrade: 'websocket' });
  });

  it('are left to other listeners where no route is theirs', async () => {
    mountEdge(world.edge, app, { server });
    server.on('upgrade', (request, socket) => {
      if (request.url === '/own') socket.end('HTTP/1.1 418 Mine\r\nContent-Length: 0\r\n\r\n');
    });
    expect(await handshake('/own')).toBe(418);
  });

  it('are refused where nobody else listens', async () => {
    mountEdge(world.edge, app, { server });
    expect(await handshake('/own')).toBe(501);
  });

  it('go to legacy where everything does', async () => {
    world.legacy.answer = (_request, response) => void response.writeHead(401).end();
    mountEdge(world.edge, app, { server, unmatched: 'legacy' });
    expect(await handshake('/own')).toBe(401);
  });
});

describe('an edge behind a server of node:http', () => {
  it('takes every request as its own listener does', async () => {
    const server = createServer(world.edge.handler).on('upgrade', world.edge.upgradeHandler);
    expect((await supertest(server).get('/api/trips/7').set(as('7'))).body).toEqual({ by: 'service' });
    expect((await supertest(server).get('/elsewhere')).body).toEqual({ by: 'legacy' });
  });
});
