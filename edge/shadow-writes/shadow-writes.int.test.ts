import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KillSwitch } from '../../flags/index.ts';
import { silentLog, waitUntil } from '../../shared/index.ts';
import { defaultSampling } from '../shadow/mirror/sampling.ts';
import { as, canary, openWorld, ROUTES, type World } from '../testing/edge.fixture.ts';
import type { ShadowAnswer } from './contract.ts';
import type { EffectJudge, Preparation, RehearsedWrite, TakenWrite } from './effect-judge.ts';

const EFFECTS = { rows: [], calls: [], unseen: [], refused: [] };
const ANSWER: ShadowAnswer = { status: 201, headers: [], body: '', effects: EFFECTS };
const FOUND: Preparation = { kind: 'found', ticket: '0-1-7', rewind: [] };

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A service that keeps its side of the contract. */
const acknowledges: Answer = (request, response) => {
  const wish = String(request.headers['x-banyan-shadow']);
  const acks: Record<string, string> = { probe: 'ready', validate: 'validated', 'dry-run': 'rolled-back' };
  response.writeHead(200, { 'x-banyan-shadow-ack': acks[wish], 'content-type': 'application/vnd.banyan.shadow+json' });
  response.end(wish === 'probe' ? '' : JSON.stringify(ANSWER));
};

let world: World;
let latch: KillSwitch;
let asked: TakenWrite[];
let judged: RehearsedWrite[];
let prepared: Preparation;

beforeEach(async () => {
  [asked, judged, prepared] = [[], [], FOUND];
  const effects: EffectJudge = {
    prepare: (write) => Promise.resolve((asked.push(write), prepared)),
    judge: (write) => Promise.resolve((judged.push(write), 'equal' as const)),
  };
  latch = new KillSwitch({ units: ['trips'], log: silentLog });
  const routes = ROUTES.map((route) => {
    if (route.method !== 'POST') return route;
    return route.path.endsWith('/cancel')
      ? { ...route, shadow: 'validate' as const }
      : { ...route, shadow: 'dry-run' as const, created: '$.trip.id' };
  });
  const shadowLimits = { timeoutMs: 1000, settleMs: 3000 };
  world = await openWorld({ routes, effects, writeLatch: latch, shadowLimits });
  world.state = canary({ stage: 'shadow' });
  world.edge.orderShadow('trips', { run: 'noon', sampling: defaultSampling });
  world.legacy.answer = (_request, response) => void response.writeHead(201).end('{"trip":{"id":17}}');
  world.service.answer = acknowledges;
});
afterEach(() => world.close());

const trip = (headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${world.url}/api/trips`, { method: 'POST', headers: { ...as('7'), ...headers }, body: '{"pickup":"A"}' });

async function counted(result: string): Promise<boolean> {
  const line = (text: string): boolean =>
    text.includes(`result="${result}"`) && text.startsWith('banyan_edge_shadow_writes_total');
  const look = async (): Promise<boolean> => (await world.registry.metrics()).split('\n').some(line);
  return waitUntil(look, { budgetMs: 20_000, everyMs: 20 });
}

const wishes = (): unknown[] => world.service.seen.map(({ headers }) => headers['x-banyan-shadow']);

describe('a write that legacy has taken', () => {
  it('is shown to a service that has proven itself, as it was sent', async () => {
    let body = '';
    world.service.answer = (request, response) => {
      if (request.method === 'POST') void text(request).then((sent) => (body = sent));
      acknowledges(request, response);
    };
    await trip({ 'x-banyan-shadow': 'validate', 'idempotency-key': 'mine', 'content-type': 'application/json' });
    expect(await counted('equal')).toBe(true);
    expect(wishes()).toEqual(['probe', 'dry-run']);
    const { headers, url } = world.service.seen[1] as IncomingMessage;
    expect([url, body, headers['content-type']]).toEqual(['/api/trips', '{"pickup":"A"}', 'application/json']);
    expect(headers['x-banyan-identity']).toBeDefined();
    expect(headers['idempotency-key']).toMatch(/^banyan-shadow-/);
    expect(world.legacy.seen[0]?.headers['x-banyan-shadow']).toBeUndefined();
    expect(asked).toEqual([
      { unit: 'trips', run: 'noon', route: 'POST /api/trips', id: '17', ageMs: expect.any(Number) },
    ]);
    expect(judged).toMatchObject([{ ticket: '0-1-7', control: { status: 201 }, candidate: { status: 201 } }]);
  });

  it('waits until the copy holds it', async () => {
    world.log.legacy = 5;
    await trip();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([asked, world.service.seen]).toEqual([[], []]);
    world.log.appliedFromLegacy = 5;
    expect(await counted('equal')).toBe(true);
  });

  it('goes with the rows of before', async () => {
    prepared = { kind: 'found', ticket: 't', rewind: [{ table: 'trip', key: { id: '17' }, columns: null }] };
    await trip();
    expect(await counted('equal')).toBe(true);
    const rewind = String(world.service.seen[1]?.headers['x-banyan-shadow-rewind']);
    expect(JSON.parse(Buffer.from(rewind, 'base64url').toString())).toEqual(prepared.rewind);
  });

  it.each<[string, string, Preparation['kind']]>([
    ['is not found in the log', 'not-found', 'not-found'],
    ['may be one of several', 'ambiguous', 'ambiguous'],
  ])('is not shown when it %s', async (_, result, kind) => {
    prepared = { kind } as Preparation;
    await trip();
    expect(await counted(result)).toBe(true);
    expect(world.service.seen).toEqual([]);
  });

  it('is only validated where the plan says so', async () => {
    await world.post('/api/trips/7/cancel', as('7'));
    expect(await counted('accepted')).toBe(true);
    expect([wishes(), asked]).toEqual([['probe', 'validate'], []]);
  });
});

describe('nothing is sent to the service', () => {
  it.each<[string, () => Promise<unknown>]>([
    [
      'of a write that legacy refused',
      () => ((world.legacy.answer = (_, response) => void response.writeHead(409).end()), trip()),
    ],
    ['of a write of nobody', () => world.post('/api/trips')],
    ['before the unit is copied', () => ((world.state = canary({ stage: 'legacy' })), trip())],
    ['while no run goes on', () => (world.edge.orderShadow('trips', undefined), trip())],
    ['during a handover', () => ((world.state = canary({ stage: 'reads', isMoving: true })), trip())],
  ])('%s', async (_, send) => {
    await send();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([world.service.seen, asked]).toEqual([[], []]);
  });

  it('but a probe while it has not shown that it knows shadows', async () => {
    world.service.answer = (_request, response) => void response.end('{}');
    await trip();
    expect(await counted('unproven')).toBe(true);
    expect(world.service.seen.map(({ method }) => method)).toEqual(['OPTIONS']);
  });
});

describe('a service that does not acknowledge', () => {
  it.each<[string, Answer]>([
    ['answers without it', (_request, response) => void response.writeHead(201).end('{}')],
    [
      'acknowledges something else',
      (_request, response) => void response.writeHead(200, { 'x-banyan-shadow-ack': 'validated' }).end('{}'),
    ],
    ['breaks off', (_request, response) => response.destroy()],
    ['says nothing', () => undefined],
  ])('may have written: %s. It is asked nothing more until an operator says so, and never twice', async (_, answer) => {
    world.service.answer = (request, response) =>
      request.method === 'OPTIONS' ? acknowledges(request, response) : answer(request, response);
    await trip();
    expect(await counted('unacknowledged')).toBe(true);
    expect(await world.registry.metrics()).toContain('banyan_edge_shadow_writes_stopped{unit="trips"} 1');
    await trip();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(wishes()).toEqual(['probe', 'dry-run']);
    world.service.answer = acknowledges;
    await latch.set('trips', false);
    await trip();
    expect(await counted('equal')).toBe(true);
    expect(wishes()).toEqual(['probe', 'dry-run', 'probe', 'dry-run']);
  });

  it('invariant 6: neither delays nor alters what the client gets', async () => {
    world.service.answer = (request, response) =>
      void (request.method === 'OPTIONS' && acknowledges(request, response));
    const started = performance.now();
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await (await trip()).text());
    expect(new Set(answers)).toEqual(new Set(['{"trip":{"id":17}}']));
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
