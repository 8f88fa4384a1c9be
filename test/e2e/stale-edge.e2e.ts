import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createEdge, type Edge } from '../../edge/index.ts';
import { createFileFlagProvider } from '../../flags/index.ts';
import { createTraffic } from '../../legacy/index.ts';
import { createMetrics, silentLog } from '../../shared/index.ts';
import { startBanyan, type Banyan } from '../support/banyan.ts';
import { sessionOf } from '../support/session.ts';
import { sessionSecret, startWorld, type World } from '../support/world.ts';

let world: World;
let banyan: Banyan;
let stale: Edge;
let staleUrl: string;

/** A second edge whose view of the unit is frozen at the time before the cutover. */
function frozenEdge(): Edge {
  return createEdge({
    routes: [{ unit: 'trips', kind: 'api', method: 'POST', path: '/api/trips', access: 'write', entity: 'trip' }],
    legacy: world.legacyUrl,
    services: { trips: world.serviceUrl },
    salts: { trips: 's' },
    unitState: () => ({ stage: 'reads', owner: 'legacy', epoch: 1, ceilings: { everyone: 10_000 } }),
    watermarks: {
      head: () => Promise.resolve({}),
      isLevel: () => true,
      isApplied: () => true,
    },
    flags: createFileFlagProvider({ path: world.env['BANYAN_FLAGS'] ?? '', log: silentLog }),
    subject: { ways: [{ way: 'session', cookie: 'fleet_session', format: 'signed-user-id', secret: sessionSecret }] },
    identityKey: world.env['BANYAN_IDENTITY_KEY'] ?? '',
    registry: createMetrics(),
    log: silentLog,
  });
}

beforeAll(async () => {
  world = await startWorld({ size: { users: 100, vehicles: 20, trips: 500 } });
  banyan = await startBanyan(world);
  const traffic = createTraffic({ baseUrl: banyan.edgeUrl, users: { from: 31, count: 20 }, requestsPerSecond: 100 });
  await traffic.start();
  await banyan.walkTo('owned');
  await traffic.stop();
  stale = frozenEdge();
  staleUrl = `http://127.0.0.1:${(await stale.listen(0)).port}`;
}, 600_000);

afterAll(async () => {
  await stale.close();
  await banyan.stop();
  await world.stop();
});

async function createTrip(edgeUrl: string, clientRef: string): Promise<number> {
  const headers = await sessionOf(banyan.edgeUrl, 11);
  const body = JSON.stringify({ pickup: 'Here', clientRef });
  const answer = await fetch(`${edgeUrl}/api/trips`, { method: 'POST', headers, body });
  await answer.text();
  return answer.status;
}

describe('an edge with an outdated epoch', () => {
  it('invariant 2: cannot get a write past the fence', async () => {
    const clientRef = '00000000-0000-4000-8000-00000000dead';
    expect(await createTrip(staleUrl, clientRef)).toBeGreaterThanOrEqual(500);
    expect(await world.legacyDb.sql(`SELECT id FROM trips WHERE client_ref = '${clientRef}'`, 'fleet')).toEqual([]);
    expect(await world.serviceDb.sql(`SELECT id FROM trip WHERE client_ref = '${clientRef}'`, 'trips')).toEqual([]);
  });

  it('does not keep the up-to-date edge from writing', async () => {
    expect(await createTrip(banyan.edgeUrl, '00000000-0000-4000-8000-00000000beef')).toBe(201);
  });
});
