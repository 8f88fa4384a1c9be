import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import express from 'express';
import { ApiClient, createMetrics, silentLog } from '../../shared/index.ts';
import { cutoverErrors } from '../errors.ts';
import { answerError } from '../remote/http-api.ts';
import { UnitStates } from '../unit/unit-states.ts';
import { FrontApi } from './front-api.ts';
import { registerLeaderMetrics } from './leader-metrics.ts';
import type { LeaderStanding } from './leadership.ts';
import { refuseEarlierTerms, termHeader } from './term-guard.ts';

const TOKEN = 'token';
const leader = { term: 7, machine: 'web-1', address: '10.0.0.1:4400' };
const servers: Server[] = [];
let fronts: { front: FrontApi; url: string; standing: LeaderStanding }[];

beforeEach(async () => {
  fronts = await Promise.all([startFront(), startFront()]);
});

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function startFront(): Promise<(typeof fronts)[number]> {
  const registry = createMetrics();
  const leadership = {
    standing: () => own.standing,
    elsewhere: () => cutoverErrors.error('LEADER_ELSEWHERE', { message: 'control at 10.0.0.1:4400 on web-1 leads' }),
  };
  registerLeaderMetrics(registry, leadership);
  const states = new UnitStates({ readAll: () => Promise.resolve([]) }, silentLog);
  const front = new FrontApi({ leadership, states, token: TOKEN, registry });
  const own = { front, url: await serve(front.app), standing: { leads: false, leader } as LeaderStanding };
  return own;
}

async function serve(app: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(app).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function lead(index: number): { asked: string[] } {
  const asked: string[] = [];
  const app = express();
  app.all('/v1/command', (request, response) => {
    asked.push(request.method);
    response.json({ done: index });
  });
  const own = fronts[index];
  if (own) own.standing = { leads: true, leader };
  own?.front.open(app);
  return { asked };
}

function client(urls = fronts.map(({ url }) => url)): ApiClient {
  const unreachable = (facts: { message: string }) => cutoverErrors.error('CONTROL_API_UNREACHABLE', facts);
  return new ApiClient({ url: urls.join(','), token: TOKEN, unreachable });
}

describe('a control process that stands by', () => {
  it('refuses what only the leader does, names the leader, and says so to whoever asks whether it is ready', async () => {
    const [{ url } = { url: '' }] = fronts;
    const asked = client([url]).post('/v1/command', {});
    await expect(asked).rejects.toMatchObject({ code: 'LEADER_ELSEWHERE', retriable: true });
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, leads: false, leader }]);
  });

  it('is not ready while it knows of nobody who leads', async () => {
    const [own] = fronts;
    if (own) own.standing = { leads: false };
    const ready = await fetch(`${own?.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { ready: false, leads: false }]);
  });

  it('gives edges the stages all the same, and wants the token for it', async () => {
    const [{ url } = { url: '' }] = fronts;
    expect(await client([url]).get('/v1/states')).toMatchObject({ value: [] });
    expect((await fetch(`${url}/v1/states`)).status).toBe(401);
  });

  it('publishes who leads', async () => {
    const text = await client([fronts[0]?.url ?? '']).text('/metrics');
    expect(text).toContain('banyan_control_leads 0');
    expect(text).toContain('banyan_control_term{machine="web-1",address="10.0.0.1:4400"} 7');
  });
});

describe('whoever asks several control processes', () => {
  it('finds the one that leads, and each command is carried out once', async () => {
    const { asked } = lead(1);
    expect(await client().post('/v1/command', {})).toEqual({ done: 1 });
    expect(asked).toEqual(['POST']);
  });

  it('finds it behind one where nobody is, and behind one that answers nothing', async () => {
    lead(1);
    const silent = await serve(() => undefined);
    const urls = ['http://127.0.0.1:1', silent, fronts[1]?.url ?? ''];
    expect(await client(urls).get('/v1/command')).toEqual({ done: 1 });
  }, 20_000);

  it('hears of a standby that nobody leads, when nobody does', async () => {
    await expect(client().get('/v1/command')).rejects.toMatchObject({ code: 'LEADER_ELSEWHERE' });
  });

  it('waits for nobody who answers nothing, when no other is left', async () => {
    const silent = await serve(() => undefined);
    const asked = client([fronts[0]?.url ?? '', silent]).get('/v1/command');
    await expect(asked).rejects.toMatchObject({ code: 'CONTROL_API_UNREACHABLE' });
  }, 20_000);
});

describe('who was commanded by a leader', () => {
  it('refuses what one of an earlier term asks for, and goes on answering those who lead nothing', async () => {
    const app = express();
    refuseEarlierTerms(app);
    app.get('/', (_, response) => void response.json({}));
    app.use(answerError);
    const url = await serve(app);
    const ask = async (headers = {}): Promise<number> => (await fetch(url, { headers })).status;
    const answers = [];
    for (const term of [3, 5, 4, 5]) answers.push(await ask(termHeader(term)));
    expect(answers).toEqual([200, 200, 409, 200]);
    expect([await ask(), await ask({ 'x-banyan-term': 'none' })]).toEqual([200, 409]);
  });
});
