import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../../cli/index.ts';
import { freePort } from '../../stack/index.ts';
import { addedLatency, describeLatency, type AddedLatency } from './added-latency.ts';
import { chooseLoad, type Load } from './load.ts';
import { cpuSeconds, rssMb, startNode, startProgram, type Running } from './processes.ts';
import { haproxyConfig, nginxConfig } from './proxy-configs.ts';
import { flagSet } from './traffic.ts';

const NATIVE = new Set(['nginx', 'haproxy']);

const USAGE = `npm run bench:edge [-- --json] [--rounds N] [--seconds N] [--latency] [--peers banyan,banyan-10k-routes,user-written,nginx,haproxy]

Beside those: banyan-access-log, banyan-traces (one in ten recorded) and banyan-rates, each with that switched on.
CPU per request of the proxy process (and its workers), same upstream, same load, interleaved rounds.
--latency: also what banyan, nginx and haproxy add to it at a third of what banyan carries.`;

interface Figures {
  readonly cpuUsPerRequest: number;
  readonly requestsPerS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssMb: number;
}

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    latency: { type: 'boolean', default: false },
    peers: { type: 'string', default: 'banyan,banyan-10k-routes,user-written,nginx,haproxy' },
  },
});
if (options.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-edge-'));
  const started: Running[] = [];
  const unleash = createServer((_request, response) => response.end(JSON.stringify(flagSet()))).listen(0, '127.0.0.1');
  await once(unleash, 'listening');
  try {
    const peers = await startPeers(
      folder,
      started,
      `http://127.0.0.1:${(unleash.address() as { port: number }).port}/api`,
    );
    const rounds = await measure(peers, await chooseLoad(folder));
    report(rounds, options.latency ? await latencyOf(peers, started, rounds) : undefined);
  } finally {
    for (const { process } of started) process.kill('SIGTERM');
    unleash.close();
    unleash.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startPeers(folder: string, started: Running[], unleashUrl: string): Promise<Map<string, Running>> {
  const keep = async (starting: Promise<Running>): Promise<Running> => {
    const running = await starting;
    started.push(running);
    return running;
  };
  const legacy = await keep(startNode('upstream.ts', []));
  const urls = [legacy.port, legacy.servicePort].map((port) => `http://127.0.0.1:${port}`);
  const flagFile = join(folder, 'flags.json');
  writeFileSync(flagFile, JSON.stringify(flagSet()));
  const config = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const [nginxPort, haproxyPort] = [await freePort(), await freePort()];
  const nginx = config('nginx.conf', nginxConfig(folder, nginxPort, legacy.port));
  const haproxy = config('haproxy.cfg', haproxyConfig(haproxyPort, legacy.port));
  const starters: Record<string, () => Promise<Running>> = {
    banyan: () => startNode('banyan.ts', [...urls, flagFile]),
    'banyan-10k-routes': () => startNode('banyan.ts', [...urls, flagFile, '10k-routes']),
    'banyan-access-log': () => startNode('banyan.ts', [...urls, flagFile, 'access-log']),
    'banyan-rates': () => startNode('banyan.ts', [...urls, flagFile, 'rates']),
    'banyan-traces': () => startNode('banyan.ts', [...urls, flagFile, 'traces', new URL(unleashUrl).origin]),
    'user-written': () => startNode('user-written.ts', [...urls, unleashUrl]),
    nginx: () => startProgram('nginx', ['-p', folder, '-c', nginx, '-g', 'daemon off;'], nginxPort),
    haproxy: () => startProgram('haproxy', ['-f', haproxy, '-db'], haproxyPort),
  };
  const peers = new Map<string, Running>();
  for (const name of options.peers.split(',')) {
    const running = await starters[name]?.().then(keepIfAlive);
    if (!running) continue;
    started.push(running);
    peers.set(name, running);
  }
  return peers;
}

/** A program that is not installed leaves the table; it does not fail the run. */
async function keepIfAlive(running: Running): Promise<Running | undefined> {
  running.process.on('error', () => undefined);
  await new Promise((resolve) => setTimeout(resolve, 50));
  return running.process.pid === undefined || running.process.exitCode !== null ? undefined : running;
}

async function measure(
  peers: Map<string, Running>,
  load: (port: number, seconds: number) => Promise<Load>,
): Promise<Map<string, Figures[]>> {
  const rounds = new Map<string, Figures[]>([...peers.keys()].map((name) => [name, []]));
  // A JIT settles only when connections have come and gone as well; native programs need none of it.
  for (const [name, { port }] of peers)
    for (const seconds of NATIVE.has(name) ? [1] : [2, 2, 1]) await load(port, seconds);
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const [name, running] of peers) rounds.get(name)?.push(await oneRound(name, running, load));
  }
  return rounds;
}

async function oneRound(
  name: string,
  running: Running,
  load: (port: number, seconds: number) => Promise<Load>,
): Promise<Figures> {
  const pid = running.process.pid ?? 0;
  const before = cpuSeconds(pid);
  const result = await load(running.port, Number(options.seconds));
  const used = cpuSeconds(pid) - before;
  if (result.errors > 0) throw new Error(`${name}: ${result.errors} of ${result.requests} requests failed`);
  return {
    cpuUsPerRequest: (used * 1e6) / result.requests,
    requestsPerS: result.requests / result.seconds,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    rssMb: rssMb(pid),
  };
}

async function latencyOf(
  peers: ReadonlyMap<string, Running>,
  [application]: readonly Running[],
  rounds: ReadonlyMap<string, Figures[]>,
): Promise<AddedLatency> {
  const compared = new Map([...peers].filter(([name]) => name === 'banyan' || NATIVE.has(name)));
  return addedLatency(compared, application?.port ?? 0, medians(rounds.get('banyan') ?? []).requestsPerS);
}

function report(rounds: Map<string, Figures[]>, latency?: AddedLatency): void {
  const peers = [...rounds].map(([name, figures]) => ({ name, ...medians(figures) }));
  const head = ['peer', 'CPU µs/request', '(min–max)', 'requests/s', 'p50 ms', 'p99 ms', 'RSS MB'];
  const rows = peers.map((p) => [
    p.name,
    p.cpuUsPerRequest,
    spread(rounds.get(p.name) ?? []),
    p.requestsPerS,
    p.p50Ms,
    p.p99Ms,
    p.rssMb,
  ]);
  console.log(table(head, rows));
  const cpu = (name: string): number | undefined => peers.find((p) => p.name === name)?.cpuUsPerRequest;
  const ratio = (name: string): number => round((cpu('banyan') ?? Number.NaN) / (cpu(name) ?? Number.NaN), 3);
  const ratios = {
    cpuToUserWritten: ratio('user-written'),
    cpuToNginx: ratio('nginx'),
    cpuToHaproxy: ratio('haproxy'),
  };
  console.log(`banyan's CPU per request: ${ratios.cpuToUserWritten} × user-written, ${ratios.cpuToNginx} × nginx`);
  console.log(
    `${cpus().length} cores of ${cpus()[0]?.model ?? 'unknown'}, 32 connections, medians of ${options.rounds} rounds`,
  );
  if (latency) console.log(describeLatency(latency));
  if (options.json) console.log(JSON.stringify({ bench: 'edge', peers, ratios, ...(latency && { latency }) }));
}

function medians(figures: readonly Figures[]): Figures {
  const median = (key: keyof Figures, digits: number): number => {
    const sorted = figures.map((one) => one[key]).toSorted((a, b) => a - b);
    return round(sorted[Math.floor(sorted.length / 2)] ?? Number.NaN, digits);
  };
  return {
    cpuUsPerRequest: median('cpuUsPerRequest', 1),
    requestsPerS: median('requestsPerS', 0),
    p50Ms: median('p50Ms', 2),
    p99Ms: median('p99Ms', 2),
    rssMb: median('rssMb', 1),
  };
}

function spread(figures: readonly Figures[]): string {
  const cpu = figures.map((one) => one.cpuUsPerRequest);
  return `${round(Math.min(...cpu), 1)}–${round(Math.max(...cpu), 1)}`;
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
