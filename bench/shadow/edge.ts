import { createEdge, defaultSampling, type Route, type UnitState } from '../../edge/index.ts';
import type { FlagProvider } from '../../flags/index.ts';
import { createMetrics, silentLog } from '../../shared/index.ts';
import { SESSION_COOKIE, SESSION_SECRET } from '../edge/traffic.ts';

/** An edge whose unit is shadowed: `percent` of the reads, 0 for a unit that is not shadowed at all. */
const [legacy = '', service = '', percent = '0'] = process.argv.slice(2);

const route: Route = {
  unit: 'trips',
  kind: 'api',
  method: 'GET',
  path: '/api/trips/{id}',
  access: 'read',
  entity: 'trip',
};
const stage = percent === '0' ? 'legacy' : 'shadow';
const state: UnitState = { stage, owner: 'legacy', epoch: 3, ceilings: {} };
const flags: FlagProvider = {
  isEnabled: () => true,
  isOff: () => false,
  revision: () => 'bench',
  features: () => undefined,
  health: () => ({ ageMs: 0, isStale: false, failures: {} }),
  onChange: () => () => undefined,
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};
const edge = createEdge({
  routes: [route],
  legacy,
  services: { trips: service },
  salts: { trips: 'bench' },
  unitState: () => state,
  watermarks: { head: () => Promise.resolve({}), isLevel: () => true, isApplied: () => true },
  flags,
  subject: { ways: [{ way: 'session', cookie: SESSION_COOKIE, format: 'signed-user-id', secret: SESSION_SECRET }] },
  identityKey: 'bench-identity-key-of-32-characters',
  registry: createMetrics(),
  log: silentLog,
});
const sampling = { ...defaultSampling, rate: Number(percent) / 100, perSecond: 1_000_000 };
edge.orderShadow('trips', { run: 'bench', sampling });
const { port } = await edge.listen(0);
process.send?.({ port });
process.on('message', () => process.send?.(edge.shadow('trips')));
process.on('disconnect', () => process.exit(0));
