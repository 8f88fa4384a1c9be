import { createEdge, type EdgeOptions, type Route, type UnitState } from '../../edge/index.ts';
import { createFileFlagProvider } from '../../flags/index.ts';
import { createMetrics, openTracing, silentLog } from '../../shared/index.ts';
import { ROUTES, SESSION_COOKIE, SESSION_SECRET } from './traffic.ts';

/** The edge with flags, markers and metrics on; units in canary, so that every decision goes through all its rules. */
/** `extra`: what is on besides, such as `access-log`; `receiverUrl` is where traces go. */
const [legacyUrl = '', serviceUrl = '', flagFile = '', extra = '', receiverUrl = ''] = process.argv.slice(2);

const units = ['trips', 'routes'];
const flags = createFileFlagProvider({ path: flagFile, log: silentLog });
await flags.start();
// The controller's word, one object until it changes, as the composition hands it out.
const state: UnitState = { stage: 'canary', owner: 'legacy', epoch: 3, ceilings: { beta: 10_000, everyone: 5_000 } };
let head = 0;
const edge = createEdge({
  routes: routes(),
  legacy: legacyUrl,
  services: Object.fromEntries(units.map((unit) => [unit, serviceUrl])),
  salts: Object.fromEntries(units.map((unit) => [unit, `${unit}-2026`])),
  unitState: () => state,
  // A copy that is 20 transactions behind: subjects that wrote stay on legacy for a while, as they would.
  watermarks: {
    head: () => Promise.resolve({ sequence: ++head }),
    isLevel: () => true,
    isApplied: (_unit, marker) => (marker.at as { sequence: number }).sequence <= head - 20,
  },
  flags,
  subject: { ways: [{ way: 'session', cookie: SESSION_COOKIE, format: 'signed-user-id', secret: SESSION_SECRET }] },
  identityKey: 'bench-identity-key-of-32-characters',
  registry: createMetrics(),
  log: silentLog,
  ...(await extras()),
  explain: true,
});
const { port } = await edge.listen(0);
process.send?.({ port });
process.on('disconnect', () => process.exit(0));

function routes(): Route[] {
  const used = ROUTES.map(([method, path, unit]): Route => {
    return { unit, kind: 'api', method, path, access: method === 'GET' ? 'read' : 'write', entity: unit };
  });
  return extra === '10k-routes' ? [...used, ...unused(10_000 - used.length)] : used;
}

/** Routes beside those that are asked for, a few hundred below one segment and many of them deep. */
function unused(count: number): Route[] {
  return Array.from({ length: count }, (_, i): Route => {
    const path = `/api/area${i % 300}/{area}/thing${i}/{thing}`;
    return { unit: 'routes', kind: 'api', method: 'GET', path, access: 'read', entity: 'thing' };
  });
}

async function extras(): Promise<Partial<EdgeOptions>> {
  switch (extra) {
    case 'access-log':
      return { accessLog: { to: '/dev/null' } };
    case 'rates':
      return { rates: [{ per: 'subject', requests: 1_000_000_000, seconds: 3600 }] };
    case 'traces': {
      const to = { service: 'bench', endpoint: receiverUrl, protocol: 'http/protobuf', headers: {} } as const;
      return { tracing: await openTracing({ ...to, ratio: 0.1, resource: {}, log: silentLog }) };
    }
    default:
      return {};
  }
}
