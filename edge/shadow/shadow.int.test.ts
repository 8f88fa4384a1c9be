import { hash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../shared/index.ts';
import { as, canary, openWorld, type World } from '../testing/edge.fixture.ts';

const SHADOW = canary({ stage: 'shadow' });

describe('the shadow', () => {
  let world: World;
  afterEach(() => world.close());

  it('mirrors identified reads after the answer, and finds them equal', async () => {
    world = await inShadow();
    answerBoth(world, { fare: '12.50' }, { fare: '12.50' });
    await world.get('/api/trips/7', as('7'));
    await world.get('/api/trips/7');
    expect(await verdict(world, 'matches')).toMatchObject({ samples: 1, matches: 1, mismatches: 0 });
    expect(world.service.seen[0]?.headers).toMatchObject({ 'x-banyan-shadow': '1' });
    expect(world.service.seen[0]?.headers['x-banyan-identity']).toBeDefined();
  });

  it('invariant 10: calls a lasting difference a mismatch, and keeps its place and types only', async () => {
    world = await inShadow();
    answerBoth(world, { fare: '12.50' }, { fare: 1250 });
    await world.get('/api/trips/7', as('7'));
    const report = await verdict(world, 'mismatches');
    const kept = { control: { kind: 'string', length: 5 }, candidate: { kind: 'number', length: 4 } };
    const differences = [{ path: '$.fare', class: 'type', severity: 'blocker', count: 1, ...kept }];
    expect(report.examples).toEqual([{ route: '/api/trips/{id}', differences }]);
  });

  it('calls a failure a mismatch at once, however late the copy is', async () => {
    world = await inShadow();
    answerBoth(world, { fare: '12.50' }, {});
    world.service.answer = (_request, response) => void response.writeHead(500).end('{}');
    world.log.legacy = 2;
    await world.get('/api/trips/7', as('7'));
    const report = await verdict(world, 'mismatches');
    expect(report.examples[0]?.differences).toMatchObject([{ path: 'status', class: 'status-class' }]);
    expect(world.service.seen).toHaveLength(1);
  });

  it('does not call a copy that is behind a mismatch', async () => {
    world = await inShadow();
    answerBoth(world, { note: 'new' }, { note: 'old' });
    world.log.legacy = 2;
    await world.get('/api/trips/7', as('7'));
    await waitUntil(() => world.service.seen.length > 0, { budgetMs: 2000 });
    answerBoth(world, { note: 'new' }, { note: 'new' });
    world.log.appliedFromLegacy = 2;
    expect(await verdict(world, 'lagOnly')).toMatchObject({ mismatches: 0, lagOnly: 1 });
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['hung', () => undefined],
    ['dead', (response) => response.destroy()],
    ['garbage', (response) => void response.end(Buffer.alloc(3_000_000))],
  ])('invariant 6: a candidate that is %s neither delays nor alters the control', async (_, answer) => {
    world = await inShadow();
    const body = Buffer.alloc(200_000, 'control');
    world.legacy.answer = (_request, response) => void response.end(body);
    world.service.answer = (_request, response) => answer(response);
    const started = performance.now();
    for (let i = 0; i < 10; i++) {
      const bytes = Buffer.from(await (await world.get('/api/trips/7', as('7'))).arrayBuffer());
      expect(hash('sha256', bytes)).toBe(hash('sha256', body));
    }
    expect(performance.now() - started).toBeLessThan(10_000); // Waiting for it would take two seconds each time.
    expect(world.edge.shadow('trips').mismatches).toBe(0);
  });
});

async function inShadow(): Promise<World> {
  const world = await openWorld({ shadowLimits: { timeoutMs: 200, settleMs: 300 } });
  world.state = SHADOW;
  return world;
}

function answerBoth(world: World, control: object, candidate: object): void {
  world.legacy.answer = (_request, response) => void response.end(JSON.stringify(control));
  world.service.answer = (_request, response) => void response.end(JSON.stringify(candidate));
}

async function verdict(
  world: World,
  result: 'matches' | 'mismatches' | 'lagOnly',
): Promise<ReturnType<World['edge']['shadow']>> {
  await waitUntil(() => world.edge.shadow('trips')[result] > 0, { budgetMs: 2000 });
  return world.edge.shadow('trips');
}
