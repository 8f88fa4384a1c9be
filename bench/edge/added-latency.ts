import { table } from '../../cli/index.ts';
import { steadyLoad } from '../steady-load.ts';
import type { Running } from './processes.ts';
import { READS, SESSION_COOKIE, sessionOf, USERS, WRITE_BODY } from './traffic.ts';

export interface AddedLatency {
  readonly perSecond: number;
  /** By peer; `direct` is the application without any proxy. */
  readonly p50Ms: Readonly<Record<string, number>>;
  readonly p99Ms: Readonly<Record<string, number>>;
  /** What a peer adds at the 99th percentile to asking the application itself. */
  readonly addedP99Ms: Readonly<Record<string, number>>;
}

const CONNECTIONS = 32;
const LOAD = 0.3;
const ROUNDS = 7;
const SECONDS = 2;

/** What each peer adds to the latency at a third of what the edge can carry, in interleaved rounds. */
export async function addedLatency(
  peers: ReadonlyMap<string, Running>,
  directPort: number,
  mostPerSecond: number,
): Promise<AddedLatency> {
  const perSecond = Math.round(mostPerSecond * LOAD);
  const ports = new Map([['direct', directPort], ...[...peers].map(([name, { port }]) => [name, port] as const)]);
  const rounds = new Map([...ports.keys()].map((name) => [name, [] as number[][]]));
  for (let round = 0; round <= ROUNDS; round++)
    for (const [name, port] of ports) {
      const taken = await steadyLoad({ port, connections: CONNECTIONS, perSecond, seconds: SECONDS, requestOf });
      if (round > 0) rounds.get(name)?.push(taken.toSorted((a, b) => a - b));
    }
  const medians = (q: number): Record<string, number> =>
    Object.fromEntries([...rounds].map(([name, all]) => [name, median(all.map((taken) => at(taken, q)))]));
  const [p50Ms, p99Ms] = [medians(0.5), medians(0.99)];
  const added = Object.entries(p99Ms).map(([name, ms]) => [name, rounded(ms - (p99Ms['direct'] ?? 0))]);
  return { perSecond, p50Ms, p99Ms, addedP99Ms: Object.fromEntries(added) };
}

export function describeLatency({ perSecond, p50Ms, p99Ms, addedP99Ms }: AddedLatency): string {
  const rows = Object.keys(p99Ms).map((name) => [name, p50Ms[name] ?? 0, p99Ms[name] ?? 0, addedP99Ms[name] ?? 0]);
  const head = ['peer', 'p50 ms', 'p99 ms', 'added p99 ms'];
  return `${table(head, rows)}\nat ${perSecond} requests/s, a third of what the edge carries; medians of ${ROUNDS} rounds`;
}

const cookies = Array.from({ length: USERS }, (_, i) => `${SESSION_COOKIE}=${sessionOf(i + 1)}`);

/** The same mixture as under full load. */
function requestOf(n: number): string {
  const common = `Host: 127.0.0.1\r\nCookie: ${cookies[(n * 7) % USERS]}\r\nAccept: application/json\r\n`;
  if (n % 10 !== 0) return `GET ${READS[n % READS.length]} HTTP/1.1\r\n${common}\r\n`;
  const body = `Content-Type: application/json\r\nContent-Length: ${WRITE_BODY.length}\r\n\r\n${WRITE_BODY}`;
  return `POST /api/trips HTTP/1.1\r\n${common}${body}`;
}

function at(sorted: readonly number[], q: number): number {
  return sorted[Math.floor((sorted.length - 1) * q)] ?? 0;
}

function median(values: readonly number[]): number {
  return rounded(
    at(
      values.toSorted((a, b) => a - b),
      0.5,
    ),
  );
}

function rounded(ms: number): number {
  return Number(ms.toFixed(3));
}
