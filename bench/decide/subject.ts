import type { IncomingMessage, ServerResponse } from 'node:http';
import { createEdge, type Edge, type Forwarder, type Route, type UnitState } from '../../edge/index.ts';
import { readPlainHead } from '../../edge/listen/plain-head.ts';
import { PlainRequest } from '../../edge/listen/plain-request.ts';
import { createFileFlagProvider, FlagFile } from '../../flags/index.ts';
import { createMetrics, silentLog } from '../../shared/index.ts';
import { SESSION_COOKIE, SESSION_SECRET } from '../edge/traffic.ts';
import { makeRequests } from './requests.ts';

/** An edge with so many routes, and requests for all of them. */
export interface Subject {
  readonly routes: number;
  /** Nanoseconds from the bytes of a request's head to the moment it is handed to the forwarder, for the i-th request. */
  decide(i: number): number;
  close(): Promise<void>;
}

const LIMITS = { maxHeaderBytes: 16_384, maxHeaders: 100 };
const SOCKET = { remoteAddress: '127.0.0.1' };

/** Everything an edge has is on: flags, markers, breakers, metrics; all units in canary, half of everybody exposed. */
export async function openSubject(routes: readonly Route[], flagFile: string): Promise<Subject> {
  const units = [...new Set(routes.map(({ unit }) => unit))];
  const file = new FlagFile(flagFile);
  for (const unit of units) await file.createUnit(unit, ['beta']);
  const flags = createFileFlagProvider({ path: flagFile, log: silentLog });
  await flags.start();
  let handedOverAt = 0n;
  const edge = openEdge(routes, units, flags, () => (handedOverAt = process.hrtime.bigint()));
  const requests = makeRequests(routes);
  const decide = (i: number): number => {
    const bytes = requests[i % requests.length] ?? Buffer.alloc(0);
    const begun = process.hrtime.bigint();
    const head = readPlainHead(bytes, LIMITS);
    if (!head) throw new Error('a request that is not of the common kind');
    const request = new PlainRequest(head, undefined, SOCKET);
    edge.handler(request as unknown as IncomingMessage, response() as unknown as ServerResponse);
    return Number(handedOverAt - begun);
  };
  const close = async (): Promise<void> => {
    await edge.close();
    await flags.stop();
  };
  return { routes: routes.length, decide, close };
}

function openEdge(
  routes: readonly Route[],
  units: readonly string[],
  flags: ReturnType<typeof createFileFlagProvider>,
  handOver: () => void,
): Edge {
  const state: UnitState = { stage: 'canary', owner: 'legacy', epoch: 3, ceilings: { beta: 10_000, everyone: 5_000 } };
  let head = 0;
  return createEdge({
    routes,
    legacy: 'http://127.0.0.1:1',
    services: Object.fromEntries(units.map((unit) => [unit, 'http://127.0.0.1:2'])),
    salts: Object.fromEntries(units.map((unit) => [unit, `${unit}-2026`])),
    unitState: () => state,
    watermarks: {
      head: () => Promise.resolve({ sequence: ++head }),
      isLevel: () => true,
      isApplied: (_unit, marker) => (marker.at as { sequence: number }).sequence <= head - 20,
    },
    flags,
    subject: { ways: [{ way: 'session', cookie: SESSION_COOKIE, format: 'signed-user-id', secret: SESSION_SECRET }] },
    identityKey: 'bench-identity-key-of-32-characters',
    edgeKey: 'bench-edge-key-of-32-characters-or-so',
    registry: createMetrics(),
    log: silentLog,
    forwarder: () => toNowhere(handOver),
  });
}

/** Notes when a request is handed to it, and has its answer at once. */
function toNowhere(handOver: () => void): Forwarder {
  return {
    carriesWhole: true,
    forward: () => {
      handOver();
      return Promise.resolve({ kind: 'answered', status: 200 });
    },
    pools: () => [],
    close: () => Promise.resolve(),
  };
}

/** A client nobody listens to. */
function response(): object {
  const nothing = (): void => undefined;
  const req = { complete: true, resume: nothing };
  return {
    shouldKeepAlive: true,
    headersSent: false,
    writableEnded: false,
    destroyed: false,
    req,
    on: nothing,
    once: nothing,
  };
}
