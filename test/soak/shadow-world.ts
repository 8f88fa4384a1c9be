import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createEdge, defaultSampling, type ComparisonRule, type Edge, type Marker } from '../../edge/index.ts';
import type { Answer } from '../../edge/index.ts';
import { answerOf, pageOf, type Defect, type Page } from '../../edge/testing/trips-model.fixture.ts';
import type { FlagProvider } from '../../flags/index.ts';
import { createMetrics, silentLog, seededRandom } from '../../shared/index.ts';

export const ROUTE = 'GET /api/trips/{id}';
export const SECRET = 'soak-secret';
/** Trips that are asked for; one of them is written every so often. */
export const TRIPS = 1_000;
const WRITE_EVERY_MS = 20;
const KEPT_WRITES = 10_000;

export interface WorldOptions {
  readonly seed: number;
  /** What is wrong with the candidate; nothing when absent. */
  readonly defect?: Defect;
  /** The copy is up to so far behind, never the same for long. */
  readonly maxLagMs: number;
  /** Share of the mirrored reads for which control is asked twice. */
  readonly secondControl: number;
}

/** An edge between two applications that answer the same rows, with noise around them, over real connections. */
export interface ShadowWorld {
  readonly edge: Edge;
  readonly port: number;
  close(): Promise<void>;
}

const FACTS = { owner: 'soak', reason: 'differs each time', expires: '2126-12-31' };
const RULES: readonly ComparisonRule[] = [
  { rule: 'type-only', path: '$.requestId', ...FACTS },
  { rule: 'time', path: '$.servedAt', toleranceMs: 1000, ...FACTS },
  { rule: 'multiset', path: '$.trips[*].tags', ...FACTS },
];

export async function openShadowWorld({ seed, defect, maxLagMs, secondControl }: WorldOptions): Promise<ShadowWorld> {
  const random = seededRandom(seed);
  const log = new WriteLog(maxLagMs, random);
  const right = (id: number, at: number): Page => ({ ...pageOf(id, random), note: log.versionOf(id, at) }) as Page;
  const control = await serve((id) => right(id, log.head));
  const candidate = await serve((id) => {
    const page = right(id, log.applied);
    return defect ? defect(page, id, random) : page;
  });
  const edge = createEdge({
    routes: [{ unit: 'trips', kind: 'api', method: 'GET', path: '/api/trips/{id}', access: 'read', entity: 'trip' }],
    legacy: urlOf(control),
    services: { trips: urlOf(candidate) },
    salts: { trips: 'soak' },
    unitState: () => ({ stage: 'shadow', owner: 'legacy', epoch: 3, ceilings: {} }),
    watermarks: {
      head: () => Promise.resolve({ at: log.head }),
      isLevel: () => true,
      isApplied: (_unit, marker: Marker) => (marker.at as { at: number }).at <= log.applied,
    },
    comparison: { trips: { rules: RULES } },
    flags: NO_FLAGS,
    subject: { ways: [{ way: 'session', cookie: 'fleet_session', format: 'signed-user-id', secret: SECRET }] },
    identityKey: 'soak-identity-key-of-32-characters',
    shadowLimits: { concurrency: 32 },
    registry: createMetrics(),
    log: silentLog,
  });
  edge.orderShadow('trips', { run: 'soak', sampling: { ...defaultSampling, perSecond: 1e6, secondControl, seed } });
  const { port } = await edge.listen(0);
  const close = async (): Promise<void> => {
    log.stop();
    await edge.close();
    for (const server of [control, candidate]) server.closeAllConnections();
    for (const server of [control, candidate]) server.close();
  };
  return { edge, port, close };
}

/** Which trips were written when; the copy is behind by a time that changes every second. */
class WriteLog {
  readonly #writes: { readonly id: number; readonly at: number }[] = [];
  readonly #timer: NodeJS.Timeout;
  #dropped = 0;
  #lagMs = 0;
  #applied = 0;

  constructor(maxLagMs: number, random: () => number) {
    let ticks = 0;
    this.#timer = setInterval(() => {
      if (ticks++ % (1000 / WRITE_EVERY_MS) === 0) this.#lagMs = random() * maxLagMs;
      this.#writes.push({ id: Math.floor(random() * TRIPS), at: performance.now() });
      if (this.#writes.length > KEPT_WRITES) this.#dropped += this.#writes.splice(0, KEPT_WRITES / 2).length;
    }, WRITE_EVERY_MS);
  }

  get head(): number {
    return this.#dropped + this.#writes.length;
  }

  /** Never goes back. */
  get applied(): number {
    const until = performance.now() - this.#lagMs;
    while (this.#applied < this.head && (this.#writes[this.#applied - this.#dropped]?.at ?? 0) <= until)
      this.#applied++;
    return this.#applied;
  }

  /** The last write of a trip among the first `at`. */
  versionOf(id: number, at: number): number {
    return this.#dropped + this.#writes.slice(0, at - this.#dropped).findLastIndex((write) => write.id === id);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

async function serve(answer: (id: number) => Page | Answer): Promise<Server> {
  const server = createServer((request, response) => {
    const { status, headers, body } = answerOf(answer(Number(request.url?.split('/').at(-1))));
    response.writeHead(status, [...headers]).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

const NO_FLAGS: FlagProvider = {
  isEnabled: () => true,
  isOff: () => false,
  revision: () => 'soak',
  features: () => undefined,
  health: () => ({ ageMs: 0, isStale: false, failures: {} }),
  onChange: () => () => undefined,
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};
