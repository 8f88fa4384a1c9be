import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../shared/index.ts';
import { as, canary, openWorld, type World } from '../testing/edge.fixture.ts';
import type { RecordedRequest } from './recorded-request.ts';

let world: World;
let admin: string;
beforeEach(async () => {
  world = await openWorld();
  world.state = canary({ stage: 'legacy' });
  admin = `http://127.0.0.1:${(await world.edge.listenAdmin(0)).port}`;
});
afterEach(() => world.close());

const ask = (body: object, signal?: AbortSignal): Promise<Response> =>
  fetch(`${admin}/v1/record`, {
    method: 'POST',
    headers: { authorization: 'Bearer admin' },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
const ALL = { unit: 'trips', share: 1, seconds: 60, keep: [], key: 'key-of-one-recording-of-the-test-' };

/** What is recorded while `work` goes on, until it is what is expected. */
async function recorded(
  wish: object,
  work: () => Promise<unknown>,
  isWhole: (taken: readonly RecordedRequest[]) => boolean,
): Promise<{ taken: RecordedRequest[]; text: string }> {
  const leave = new AbortController();
  const answer = await ask({ ...ALL, ...wish }, leave.signal);
  const seen = { text: '' };
  const reading = answer.body?.pipeTo(
    new WritableStream({ write: (chunk) => void (seen.text += Buffer.from(chunk as Uint8Array).toString()) }),
  );
  await work();
  const taken = (): RecordedRequest[] =>
    seen.text
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { progress: { request: RecordedRequest } }).progress.request);
  await waitUntil(() => isWhole(taken()), { budgetMs: 20_000 });
  leave.abort();
  await reading?.catch(() => undefined);
  return { taken: taken(), text: seen.text };
}

describe('a recording', () => {
  it('invariant 10: keeps the shape of requests, and nothing of who sent them or what they say', async () => {
    const send = async (): Promise<void> => {
      await world.get('/api/trips/17?q=Ada&limit=20', { ...as('7'), authorization: 'Bearer x.y.z' });
      const body = JSON.stringify({ pickup: 'Straße 5', at: '2026-01-02T03:04:05Z', fare: '12.50', n: 52.5, ok: true });
      const headers = { ...as('8'), 'content-type': 'application/json' };
      await (await fetch(`${world.url}/api/trips`, { method: 'POST', headers, body })).text();
      await world.get('/api/trips/Bob', as('7'));
      await world.get('/elsewhere', as('7'));
    };
    const { taken, text } = await recorded({ keep: ['$.fare'] }, send, (all) => all.length === 3);
    const plain = taken.map(({ route, path, body, status }) => ({ route, path, body, status }));
    expect(plain).toEqual([
      {
        route: 'GET /api/trips/{id}',
        path: '/api/trips/17?q=xxx&limit=20',
        body: undefined,
        status: 200,
      },
      {
        route: 'POST /api/trips',
        path: '/api/trips',
        body: '{"pickup":"xxxxxx 1","at":"1111-11-11T11:11:11Z","fare":"12.50","n":11.1,"ok":true}',
        status: 200,
      },
      { route: 'GET /api/trips/{id}', path: '/api/trips/xxx', body: undefined, status: 200 },
    ]);
    const [ada, other, again] = taken.map(({ session }) => session);
    expect([ada, other]).toEqual([expect.stringMatching(/^[0-9a-f]{24}$/), expect.stringMatching(/^[0-9a-f]{24}$/)]);
    expect([ada === again, ada === other]).toEqual([true, false]);
    for (const secret of ['Ada', 'Bob', 'Bearer', 'fleet_session', 'Stra']) expect(text).not.toContain(secret);
  });

  it('takes all requests of a subject or none', async () => {
    const send = async (): Promise<void> => {
      for (let i = 0; i < 100; i++) await world.get(`/api/trips/${i}`, as(String(i % 20)));
    };
    const ofSessions = (all: readonly RecordedRequest[]): number[] =>
      [...Map.groupBy(all, ({ session }) => session).values()].map((requests) => requests.length);
    const { taken } = await recorded({ share: 0.5 }, send, (all) => ofSessions(all).every((count) => count === 5));
    expect(new Set(ofSessions(taken))).toEqual(new Set([5]));
    expect(ofSessions(taken).length).toBeLessThan(20);
  });

  it('says at its end what it has taken and what nobody took', async () => {
    const answer = await ask({ ...ALL, seconds: 0.05 });
    expect(JSON.parse(await answer.text())).toEqual({ result: { taken: 0, dropped: 0, lost: 0 } });
  });

  it('ends when its reader leaves, and there is one at a time', async () => {
    const leave = new AbortController();
    const first = await ask({ ...ALL, seconds: 60 }, leave.signal);
    expect(first.status).toBe(200);
    expect((await ask(ALL)).status).toBe(409);
    leave.abort();
    expect(
      await waitUntil(async () => (await ask({ ...ALL, seconds: 0.01 })).status === 200, { budgetMs: 20_000 }),
    ).toBe(true);
  });

  it.each([{}, { ...ALL, share: 0 }, { ...ALL, keep: [1] }, { ...ALL, seconds: '9' }, { ...ALL, key: 'short' }])(
    'refuses %j',
    async (wish) => {
      expect((await ask(wish)).status).toBe(400);
    },
  );
});
