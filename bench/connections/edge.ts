import { createEdge, EdgeCluster, EdgeWorker, type Route, type UnitState } from '../../edge/index.ts';
import { createFileFlagProvider } from '../../flags/index.ts';
import { createMetrics, silentLog } from '../../shared/index.ts';
import { ROUTES, SESSION_COOKIE, SESSION_SECRET, UNITS } from '../edge/traffic.ts';

/** The edge as a cluster: with flags, markers and metrics on, units in canary, so that decisions go through all rules. */
const [workers = '1', legacyUrl = '', serviceUrl = '', flagFile = ''] = process.argv.slice(2);
const state: UnitState = { stage: 'canary', owner: 'legacy', epoch: 3, ceilings: { beta: 10_000, everyone: 5_000 } };

const worker = EdgeWorker.ofThisProcess();
if (worker) await serve(worker);
else await lead();

async function lead(): Promise<void> {
  const cluster = new EdgeCluster({
    workers: Number(workers),
    envOf: () => ({}),
    startMs: 60_000,
    leaveMs: 1_000,
    onKeep: () => undefined,
    log: silentLog,
  });
  const { port } = await cluster.start();
  process.send?.({ port });
  process.on('disconnect', () => void cluster.stop().then(() => process.exit(0)));
}

async function serve(self: EdgeWorker): Promise<void> {
  const flags = createFileFlagProvider({ path: flagFile, log: silentLog });
  await flags.start();
  const registry = createMetrics();
  let head = 0;
  const edge = createEdge({
    routes: ROUTES.map(([method, path, unit]): Route => {
      return { unit, kind: 'api', method, path, access: method === 'GET' ? 'read' : 'write', entity: unit };
    }),
    legacy: legacyUrl,
    services: Object.fromEntries(UNITS.map((unit) => [unit, serviceUrl])),
    salts: Object.fromEntries(UNITS.map((unit) => [unit, `${unit}-2026`])),
    unitState: () => state,
    watermarks: {
      head: () => Promise.resolve({ sequence: ++head }),
      isLevel: () => true,
      isApplied: (_unit, marker) => (marker.at as { sequence: number }).sequence <= head - 20,
    },
    flags,
    subject: { ways: [{ way: 'session', cookie: SESSION_COOKIE, format: 'signed-user-id', secret: SESSION_SECRET }] },
    identityKey: 'bench-identity-key-of-32-characters',
    registry,
    log: silentLog,
    // Above the longest pause of a client; the limit of clients is the one of file descriptors.
    limits: { idleConnectionMs: 180_000, drainMs: 500, lingerMs: 0 },
  });
  const leave = (): void => void edge.close().then(() => self.bye());
  const { recorder } = edge;
  await self.serve({ count: () => registry.getMetricsAsJSON(), kill: () => undefined, leave, recorder });
  self.ready(await edge.listen(0));
}
