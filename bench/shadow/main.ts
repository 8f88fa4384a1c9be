import { hash } from 'node:crypto';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { table } from '../../cli/index.ts';
import { measureComparison, slowestOf } from '../compare/measure.ts';
import { cpuSeconds, rssMb } from '../edge/processes.ts';
import { SESSION_COOKIE, sessionOf, USERS } from '../edge/traffic.ts';
import { answerOf, startProcess } from '../process.ts';
import { steadyLoad } from '../steady-load.ts';

const USAGE = `npm run bench:shadow [-- --json] [--rounds N] [--seconds N] [--rate N] [--peers off,fast10,…]

What a user feels of mirroring: the same edge, the same reads at a fixed rate, with the shadow off, on for 10 and 100 % of
them, and with candidates that are slow (2 s), hung, dead, or answer ten times as much. Short rounds in turn, so that
whatever else the machine does falls on all of them; latencies of all rounds together.`;

/** The candidate of each peer, and the share of the reads that it is asked. */
const PEERS: Readonly<Record<string, readonly [candidate: string, percent: string]>> = {
  off: ['fast', '0'],
  fast10: ['fast', '10'],
  fast100: ['fast', '100'],
  slow: ['slow', '100'],
  hung: ['hung', '100'],
  dead: ['dead', '100'],
  large: ['large', '100'],
};

const CONNECTIONS = 16;
const WARM_S = 3;
const COOKIES = Array.from({ length: USERS }, (_, i) => `${SESSION_COOKIE}=${sessionOf(i + 1)}`);

interface Figures {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuUsPerRequest: number;
  readonly rssMb: number;
  /** 1 when every answer was, byte by byte, control's. */
  readonly bytesIdentical: number;
}

interface Peer {
  readonly process: ReturnType<typeof startProcess>;
  readonly port: number;
  readonly ms: number[];
  cpuS: number;
  rssMb: number;
  isSame: boolean;
}

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '30' },
    seconds: { type: 'string', default: '0.5' },
    rate: { type: 'string', default: '200' },
    peers: { type: 'string', default: Object.keys(PEERS).join(',') },
  },
});

if (options.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const applications = ['control', 'candidates'].map((side) =>
    startProcess(new URL('applications.ts', import.meta.url), [side]),
  );
  const peers = new Map<string, Peer>();
  try {
    const told = await Promise.all(applications.map((child) => answerOf<Record<string, number>>(child)));
    const ports = Object.assign({}, ...told) as Record<string, number>;
    const { hashes } = await ask(ports['control'] ?? 0, 1);
    for (const name of options.peers.split(',')) peers.set(name, await startPeer(name, ports));
    for (const { port } of peers.values()) await ask(port, WARM_S);
    for (let round = 0; round < Number(options.rounds); round++)
      for (const peer of peers.values()) await oneRound(peer, hashes);
    await report(peers);
  } finally {
    for (const { process: child } of peers.values()) child.kill();
    for (const child of applications) child.kill();
  }
}

/** Latencies, and one hash for each distinct answer. */
async function ask(port: number, seconds: number): Promise<{ ms: number[]; hashes: ReadonlySet<string> }> {
  const hashes = new Set<string>();
  const onAnswer = (body: Buffer): void => void hashes.add(hash('sha256', body));
  const perSecond = Number(options.rate);
  const ms = await steadyLoad({ port, connections: CONNECTIONS, perSecond, seconds, requestOf, onAnswer });
  return { ms, hashes };
}

function requestOf(n: number): string {
  return `GET /api/trips/${n} HTTP/1.1\r\nHost: bench\r\nCookie: ${COOKIES[n % USERS]}\r\n\r\n`;
}

async function startPeer(name: string, ports: Record<string, number>): Promise<Peer> {
  const [candidate, percent] = PEERS[name] ?? ['fast', '0'];
  const urls = [ports['control'], ports[candidate]].map((port) => `http://127.0.0.1:${port}`);
  const child = startProcess(new URL('edge.ts', import.meta.url), [...urls, percent], ['--max-semi-space-size=8']);
  return { process: child, ...(await answerOf<{ port: number }>(child)), ms: [], cpuS: 0, rssMb: 0, isSame: true };
}

async function oneRound(peer: Peer, expected: ReadonlySet<string>): Promise<void> {
  const pid = peer.process.pid ?? 0;
  const before = cpuSeconds(pid);
  const { ms, hashes } = await ask(peer.port, Number(options.seconds));
  peer.cpuS += cpuSeconds(pid) - before;
  peer.rssMb = Math.max(peer.rssMb, rssMb(pid));
  peer.ms.push(...ms);
  peer.isSame &&= hashes.size === expected.size && [...hashes].every((hash) => expected.has(hash));
}

async function report(peers: ReadonlyMap<string, Peer>): Promise<void> {
  const figures = [...peers].map(([name, peer]) => ({ name, ...figuresOf(peer) }));
  const compared = await Promise.all([...peers.values()].map(countsOf));
  const rows = figures.map(({ name, p50Ms, p99Ms, cpuUsPerRequest, rssMb: rss, bytesIdentical }, i) => [
    name,
    p50Ms,
    p99Ms,
    cpuUsPerRequest,
    rss,
    bytesIdentical === 1 ? 'yes' : 'NO',
    compared[i] ?? '',
  ]);
  console.log(table(['PEER', 'P50 MS', 'P99 MS', 'CPU µs/REQUEST', 'RSS MB', 'BYTES IDENTICAL', 'SHADOW'], rows));
  const compare = slowestOf(measureComparison({ rounds: 5, ms: 200 }));
  console.log(`${compare.answersPerS} answers of 2 KB compared a second, ${compare.vsParse} × parsing both`);
  const { rate, rounds, seconds } = options;
  console.log(`${cpus().length} cores, ${rate} reads a second, ${rounds} rounds of ${seconds} s each`);
  if (options.json) console.log(JSON.stringify({ bench: 'shadow', peers: [...figures, compare] }));
}

/** What the edge has mirrored, to see that it did. */
async function countsOf({ process: child }: Peer): Promise<string> {
  const answer = answerOf<Record<string, number>>(child);
  child.send('counts');
  const { samples, mismatches, skipped } = await answer;
  return `${samples} compared, ${mismatches} mismatches, ${skipped} skipped`;
}

function figuresOf({ ms, cpuS, rssMb: rss, isSame }: Peer): Figures {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (share: number): number => round(sorted[Math.floor(sorted.length * share)] ?? Number.NaN, 3);
  const cpuUsPerRequest = round((cpuS * 1e6) / ms.length, 1);
  return { p50Ms: at(0.5), p99Ms: at(0.99), cpuUsPerRequest, rssMb: round(rss, 1), bytesIdentical: isSame ? 1 : 0 };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
