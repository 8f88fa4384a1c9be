import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTraffic, type Traffic } from '../../legacy/index.ts';
import { messageOf, waitUntil } from '../../shared/index.ts';
import { startDistributed, type Distributed } from '../support/distributed.ts';
import { quickPlans } from '../support/plans.ts';
import { sessionOf } from '../support/session.ts';
import { startWorld, type World } from '../support/world.ts';

const USER = 90;

let world: World;
let banyan: Distributed;
let traffic: Traffic;

beforeAll(async () => {
  world = await startWorld({ size: { users: 100, vehicles: 20, trips: 500 } });
  const plans = quickPlans();
  // Two workers, so that what is kept is kept by whoever leads them, and handovers wait for each.
  banyan = await startDistributed(world, { BANYAN_PLANS: plans, BANYAN_EDGE_WORKERS: '2' });
  traffic = createTraffic({ baseUrl: banyan.edgeUrl, users: { from: 11, count: 20 }, requestsPerSecond: 60 });
  await traffic.start();
  await sessionOf(banyan.edgeUrl, USER);
}, 600_000);

afterAll(async () => {
  await traffic?.stop();
  await banyan?.stop();
  await world?.stop();
});

/** Kills control, then the edge, does something to what the edge kept, and starts the edge alone. */
async function startAlone(meanwhile: (stagesFile: string) => void = () => undefined): Promise<void> {
  await banyan.kill('control');
  await banyan.kill('edge');
  meanwhile(world.env['BANYAN_STAGES'] ?? '');
  await banyan.start('edge');
}

async function ask(method: string, path: string, body?: object): Promise<Response> {
  const headers = { ...(await sessionOf(banyan.edgeUrl, USER)), 'x-banyan-explain': '1' };
  return fetch(`${banyan.edgeUrl}${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
}

async function sentTo(method: string, path: string, body?: object): Promise<string> {
  const answer = await ask(method, path, body);
  await answer.text();
  return `${answer.status} ${answer.headers.get('x-banyan-target')} ${answer.headers.get('x-banyan-reason')}`;
}

const read = (): Promise<string> => sentTo('GET', '/api/trips');
const write = (): Promise<string> => sentTo('POST', '/api/trips', { pickup: 'Here', clientRef: crypto.randomUUID() });

async function eventually(what: () => Promise<string>, expected: string): Promise<void> {
  let last = '';
  await waitUntil(async () => (last = await what().catch(messageOf)) === expected, { budgetMs: 30_000, everyMs: 50 });
  expect(last).toBe(expected);
}

describe('an edge that starts while control is away', () => {
  it.each<['legacy' | 'shadow' | 'canary' | 'reads' | 'owned', string, string, string]>([
    ['legacy', '200 legacy stage-legacy', '201 legacy stage-legacy', '200 legacy stage-legacy'],
    ['shadow', '200 legacy stage-shadow', '201 legacy legacy-owns-writes', '200 legacy stage-shadow'],
    ['canary', '200 legacy frozen', '201 legacy legacy-owns-writes', '200 legacy above-ceiling'],
    ['reads', '200 legacy frozen', '201 legacy legacy-owns-writes', '200 service reads'],
    ['owned', '200 service owned', '201 service owned', '200 service owned'],
  ])(
    'invariant 2: at stage %s, sends reads and writes to the owner, and reads where they belong once control is back',
    async (stage, alone, writes, reads) => {
      if (stage !== 'legacy') await banyan.walkTo(stage);
      await startAlone();
      expect(await write()).toBe(writes);
      await eventually(read, alone);
      await banyan.start('control');
      await eventually(read, reads);
    },
    600_000,
  );

  it('invariant 1: has shown nothing stale meanwhile, by none of its workers', async () => {
    await traffic.pause();
    expect(traffic.report().stale).toEqual([]);
    expect(traffic.report().requests).toBeGreaterThan(100);
  });

  it.each<[string, (stagesFile: string) => void]>([
    ['nothing was kept', (file) => rmSync(file)],
    ['what was kept is damaged', (file) => writeFileSync(file, '{"format":"banyan-stages","version":1}\n[]\n')],
  ])(
    'invariant 2: when %s, lets no request of the unit reach either side until control is back',
    async (_, meanwhile) => {
      await startAlone(meanwhile);
      for (const answer of [await ask('GET', '/api/trips'), await ask('POST', '/api/trips', { pickup: 'Here' })])
        expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'unit-unknown' }]);
      expect(await sentTo('GET', '/api/vehicles')).toBe('200 legacy no-unit');
      await banyan.start('control');
      await eventually(write, '201 service owned');
    },
    600_000,
  );
});
