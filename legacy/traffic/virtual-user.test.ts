import { describe, expect, it } from '@jest/globals';
import type { Answer, Call, Client } from './client.ts';
import { createRandom } from './random.ts';
import { Stats, type TrafficReport } from './stats.ts';
import { VirtualUser } from './virtual-user.ts';
import { changeTrip, createTrip } from './write-trip.ts';

type Reply = (call: Call) => Partial<Answer>;
const random = createRandom(1, 'test');

/** A server that keeps one trip and then answers as it was told. */
function userOf(doctored: Reply): { user: VirtualUser; report: () => TrafficReport } {
  const stats = new Stats();
  let trip: Record<string, unknown> = {};
  const honest: Reply = ({ method, body }) => {
    if (method === 'POST')
      trip = { id: '1', dropoff: 'unknown', extras: null, routeId: null, status: 'requested', fare: '0.00' };
    trip = { ...trip, ...body };
    return { status: method === 'POST' ? 201 : 200, body: trip };
  };
  const send = async (call: Call): Promise<Answer> => {
    const answer = call.method === 'POST' ? honest(call) : { ...honest(call), ...doctored(call) };
    return { status: 200, headers: {}, ms: 1, body: undefined, ...answer };
  };
  const client: Client = { send, close: async () => {} };
  return { user: new VirtualUser({ userId: 1, client, stats, random }), report: () => stats.report() };
}

async function createChangeRead(user: VirtualUser): Promise<void> {
  await createTrip(user, random);
  const [trip] = user.model.trips;
  await changeTrip(user, trip!, random);
  await user.readTrip(trip!);
}

describe('VirtualUser', () => {
  it('finds nothing to say about an honest server', async () => {
    const { user, report } = userOf(() => ({}));
    await createChangeRead(user);
    expect(report()).toMatchObject({ requests: 3, failed: 0, staleReads: 0, acknowledgedWrites: 2, unknownWrites: 0 });
  });

  it('counts a read that shows the state before the last write, with an example', async () => {
    const { user, report } = userOf(({ method }) => (method === 'GET' ? { body: { id: '1', note: 'older' } } : {}));
    await createChangeRead(user);
    expect(report()).toMatchObject({ failed: 0, staleReads: 1, stale: [{ path: '/api/trips/1', userId: 1 }] });
  });

  it('counts a write answered with something else as contradicted', async () => {
    const { user, report } = userOf(({ method }) => (method === 'PATCH' ? { body: { id: '1', note: 'older' } } : {}));
    await createTrip(user, random);
    await changeTrip(user, user.model.trips[0]!, random);
    expect(report()).toMatchObject({ staleReads: 1, acknowledgedWrites: 2 });
  });

  it('never repeats a write that broke off, and holds both outcomes for legal', async () => {
    const broken = { status: 0, failure: 'ECONNRESET', body: undefined };
    const { user, report } = userOf(({ method }) => (method === 'PATCH' ? broken : {}));
    await createChangeRead(user);
    expect(report()).toMatchObject({ requests: 3, failed: 1, staleReads: 0, unknownWrites: 1, acknowledgedWrites: 1 });
    expect(report().failures[0]).toMatchObject({ status: 0, failure: 'ECONNRESET', path: '/api/trips/1' });
  });

  it('takes a 503 for "not done": the older state stays the only legal one', async () => {
    const held = { status: 503, headers: { 'x-banyan-reason': 'held' }, body: { error: 'busy' } };
    const { user, report } = userOf(({ method }) => (method === 'PATCH' ? held : {}));
    await createTrip(user, random);
    await changeTrip(user, user.model.trips[0]!, random);
    expect(user.model.trips[0]?.states).toHaveLength(1);
    expect(report()).toMatchObject({
      failed: 1,
      unknownWrites: 0,
      failures: [{ banyan: { 'x-banyan-reason': 'held' } }],
    });
  });

  it('counts a 200 that holds something else than promised as failed', async () => {
    const { user, report } = userOf(() => ({ body: 'garbage' }));
    await user.readList();
    expect(report()).toMatchObject({ failed: 1, staleReads: 0 });
  });
});
