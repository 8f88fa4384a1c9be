import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BrownoutOrder } from './decide/brownout.ts';
import { as, openWorld, owned, wentTo, type World } from './testing/edge.fixture.ts';

const SUMMARY = '/api/users/me/summary';
const order = (what: Partial<BrownoutOrder>): BrownoutOrder => ({ id: 5, callers: ['9'], ...what });

describe('a brownout of what still needs legacy', () => {
  let world: World;

  beforeEach(async () => {
    world = await openWorld();
  });
  afterEach(() => world.close());

  it.each([
    [503, 'legacy-brownout', '60'],
    [410, 'legacy-ends', null],
  ] as const)(
    'answers %i in place of legacy, and leaves alone what the service answers',
    async (status, code, after) => {
      world.state = owned({ brownout: order({ status }) });
      const answer = await world.get(SUMMARY, as('7'));
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, after]);
      expect(await answer.json()).toMatchObject({ code });
      expect(wentTo(await world.get('/api/trips/7', as('7')))).toBe('service owned');
      expect(wentTo(await world.post('/api/trips', as('7')))).toBe('service owned');
      expect(world.legacy.seen).toHaveLength(0);
      // It is a use of legacy all the same.
      const counted = `banyan_edge_requests_total{unit="trips",method="GET",route="${SUMMARY}",target="legacy",reason="dependent",status="${status === 410 ? '4xx' : '5xx'}"} 1`;
      expect(await world.registry.metrics()).toContain(counted);
    },
  );

  it('makes answers slower, and gives them', async () => {
    world.state = owned({ brownout: order({ slowMs: 200 }) });
    const startedAt = performance.now();
    expect(wentTo(await world.get(SUMMARY, as('7')))).toBe('legacy dependent');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(195);
  });

  it('is ended for everybody by a request of whoever must not be broken', async () => {
    world.state = owned({ brownout: order({ status: 503 }) });
    expect((await world.get(SUMMARY, as('7'))).status).toBe(503);
    expect(world.edge.counts('trips')).not.toHaveProperty('brownoutEnded');
    expect(wentTo(await world.get(SUMMARY, as('9')))).toBe('legacy dependent');
    expect(wentTo(await world.get(SUMMARY, as('7')))).toBe('legacy dependent');
    expect(world.edge.counts('trips').brownoutEnded).toBe(5);
    world.state = owned({ brownout: order({ id: 6, status: 503 }) });
    expect((await world.get(SUMMARY, as('7'))).status).toBe(503);
  });
});
