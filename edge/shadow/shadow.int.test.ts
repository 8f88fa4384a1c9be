import { hash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../shared/index.ts';
import { as, canary, openWorld, type World } from '../testing/edge.fixture.ts';
import type { EdgeOptions } from '../options.ts';
import { openValue, valuesKey } from './keep/sealed-value.ts';
import { defaultSampling } from './mirror/sampling.ts';
import type { RouteReport } from './run/report.ts';

const SHADOW = canary({ stage: 'shadow' });
const ROUTE = 'GET /api/trips/{id}';
const PAIRED = { run: 'paired', sampling: { ...defaultSampling, secondControl: 1, repeatS: 0 } };

type Result = 'matches' | 'mismatches' | 'lagOnly' | 'unsettled' | 'repeated';

describe('the shadow', () => {
  let world: World;
  afterEach(() => world.close());

  it('mirrors identified reads after the answer, and finds them equal', async () => {
    world = await inShadow();
    answerBoth(world, { fare: '12.50' }, { fare: '12.50' });
    await world.get('/api/trips/7', as('7'));
    await world.get('/api/trips/7');
    expect(await counted(world, 'matches')).toMatchObject({ samples: 1, matches: 1, mismatches: 0 });
    expect(world.service.seen[0]?.headers).toMatchObject({ 'x-banyan-shadow': '1' });
    expect(world.service.seen[0]?.headers['x-banyan-identity']).toBeDefined();
  });

  it('invariant 10: calls a lasting difference a mismatch, and keeps its place, kinds and lengths only', async () => {
    world = await inShadow();
    answerBoth(world, { fare: '12.50' }, { fare: 1250 });
    await world.get('/api/trips/7', as('7'));
    await counted(world, 'mismatches');
    const { kept, counts } = seenOf(world);
    expect(counts).toMatchObject({ mismatches: { 'type $.fare': 1 }, fields: [{ severity: 'blocker' }] });
    expect(kept[0]?.differences).toMatchObject([
      { path: '$.fare', control: { kind: 'string', length: 5 }, candidate: { kind: 'number', length: 4 } },
    ]);
    expect(JSON.stringify(world.edge.shadowLedger('trips'))).not.toMatch(/12\.50|1250|\/api\/trips\/7/);
  });

  it('keeps values in a run only of fields that opt in, sealed, and only whoever has the key can read them', async () => {
    const [shadowKey, keep] = ['a key of the test, long enough: 32', { paths: ['$.fare'], hours: 1 }];
    const facts = { owner: 'rides', reason: 'rounding' };
    world = await inShadow({ shadowKey, comparison: { trips: { keep: { ...keep, ...facts } } } });
    answerBoth(world, { fare: '12.50', name: 'Ana' }, { fare: '13.50', name: 'Jo' });
    world.edge.orderShadow('trips', PAIRED);
    await world.get('/api/trips/7', as('7'));
    await counted(world, 'mismatches');
    const [fare, name] = seenOf(world).kept[0]?.differences ?? [];
    if (!fare?.control.sealed) throw new Error('nothing was sealed');
    expect(openValue(fare.control.sealed, '$.fare', valuesKey(shadowKey), Date.now())?.toString()).toBe('12.50');
    expect(name?.control.sealed).toBeUndefined();
    expect(JSON.stringify(seenOf(world))).not.toMatch(/12\.50|Ana/);
  });

  it('counts the same answer to the same question of a subject once', async () => {
    world = await inShadow();
    answerBoth(world, { fare: 1 }, { fare: 1 });
    for (let i = 0; i < 3; i++) {
      await world.get('/api/trips/7', as('7'));
      await counted(world, 'matches');
    }
    await waitUntil(() => world.edge.shadow('trips').repeated === 2, { budgetMs: 20_000 });
    expect(world.edge.shadow('trips')).toMatchObject({ matches: 1, samples: 1, repeated: 2 });
  });

  it('does not call a copy that is behind a mismatch: it is asked again when it has caught up', async () => {
    world = await inShadow();
    answerBoth(world, { note: 'new' }, { note: 'old' });
    world.log.legacy = 2;
    await world.get('/api/trips/7', as('7'));
    expect(await waitUntil(() => world.edge.shadow('trips').parked === 1, { budgetMs: 20_000 })).toBe(true);
    answerBoth(world, { note: 'new' }, { note: 'new' });
    world.log.appliedFromLegacy = 2;
    expect(await counted(world, 'lagOnly')).toMatchObject({ mismatches: 0, lagOnly: 1, parked: 0 });
  });

  it('calls nothing of a copy that never catches up', async () => {
    world = await inShadow();
    answerBoth(world, { note: 'new' }, { note: 'old' });
    world.log.legacy = 2;
    await world.get('/api/trips/7', as('7'));
    expect(await counted(world, 'unsettled')).toMatchObject({ mismatches: 0, lagOnly: 0, samples: 0 });
  });

  it('calls a failure of the candidate a mismatch although it is gone the next time and the copy is behind', async () => {
    world = await inShadow();
    let times = 0;
    answerBoth(world, { note: 'new' }, { note: 'new' });
    const answer = world.service.answer;
    world.service.answer = (request, response) =>
      times++ === 0 ? void response.writeHead(500).end('{}') : answer(request, response);
    world.log.legacy = 2;
    await world.get('/api/trips/7', as('7'));
    await counted(world, 'mismatches');
    expect(seenOf(world).counts.mismatches).toEqual({ 'status-class status': 1 });
  });

  it('takes what control says otherwise each time for noise, and what the candidate alone says for a mismatch', async () => {
    world = await inShadow();
    let id = 0;
    const answers = (fare: number) => (_: unknown, response: ServerResponse) =>
      void response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ id: ++id, fare }));
    [world.legacy.answer, world.service.answer] = [answers(1), answers(1)];
    world.edge.orderShadow('trips', PAIRED);
    await world.get('/api/trips/7', as('7'));
    expect(await counted(world, 'matches')).toMatchObject({ mismatches: 0 });
    expect(seenOf(world).counts.fields).toMatchObject([{ path: '$.id', both: 1, candidateOnly: 0, controlOnly: 0 }]);
    world.service.answer = answers(2);
    await world.get('/api/trips/8', as('7'));
    await counted(world, 'mismatches');
    expect(seenOf(world).counts.fields).toMatchObject([{ both: 2 }, { path: '$.fare', candidateOnly: 1 }]);
  });

  it('mirrors at a later stage while a run is ordered, and not otherwise', async () => {
    world = await inShadow();
    world.state = canary({ ceilings: {} });
    await world.get('/api/trips/7', as('7'));
    world.edge.orderShadow('trips', PAIRED);
    await world.get('/api/trips/8', as('7'));
    await counted(world, 'mismatches');
    world.edge.orderShadow('trips', undefined);
    await world.get('/api/trips/9', as('7'));
    expect(world.service.seen.map(({ url }) => url)).toEqual(['/api/trips/8']);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['hung', () => undefined],
    ['dead', (response) => response.destroy()],
    ['garbage', (response) => void response.end(Buffer.alloc(3_000_000))],
  ])('invariant 6: a candidate that is %s neither delays nor alters the control', async (_, answer) => {
    world = await inShadow({}, 200);
    const body = Buffer.alloc(200_000, 'control');
    world.legacy.answer = (_request, response) => void response.end(body);
    world.service.answer = (_request, response) => answer(response);
    const started = performance.now();
    for (let i = 0; i < 10; i++) {
      const bytes = Buffer.from(await (await world.get(`/api/trips/${i}`, as('7'))).arrayBuffer());
      expect(hash('sha256', bytes)).toBe(hash('sha256', body));
    }
    expect(performance.now() - started).toBeLessThan(10_000); // Waiting for it would take two seconds each time.
    await counted(world, 'mismatches');
    expect(new Set(seenOf(world).counts.fields.map(({ path }) => path))).toEqual(new Set(['answer']));
  });
});

async function inShadow(options: Partial<EdgeOptions> = {}, timeoutMs = 20_000): Promise<World> {
  const world = await openWorld({ ...options, shadowLimits: { timeoutMs, settleMs: 300 } });
  world.state = SHADOW;
  return world;
}

function answerBoth(world: World, control: object, candidate: object): void {
  const answer = (value: object) => (_: unknown, response: ServerResponse) =>
    void response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value));
  world.legacy.answer = answer(control);
  world.service.answer = answer(candidate);
}

async function counted(world: World, result: Result): Promise<ReturnType<World['edge']['shadow']>> {
  expect(await waitUntil(() => world.edge.shadow('trips')[result] > 0, { budgetMs: 20_000 })).toBe(true);
  return world.edge.shadow('trips');
}

function seenOf(world: World): RouteReport {
  const seen = world.edge.shadowLedger('trips')?.routes[ROUTE];
  if (!seen) throw new Error('nothing was seen of the route');
  return seen;
}
