import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../../cli/index.ts';
import { productFlags } from '../../test/support/product-flags.ts';
import { startNode, rssMb, type Running } from '../edge/processes.ts';
import { flagSet } from '../edge/traffic.ts';
import { answerOf, startProcess } from '../process.ts';
import { LoadProcesses, type Steady } from './load-processes.ts';

const USAGE = `npm run bench:connections [-- --json] [--clients N] [--seconds N] [--pause S] [--workers N]

Clients that keep their connections and ask now and then, each every 50 s on average: latency, errors, and what an idle
connection takes of the edge's memory. As many workers and load processes as the limit of open files needs.`;

/** File descriptors of a process that are not its clients'. */
const RESERVED_FILES = 1_500;
const WARM_CLIENTS = 400;
const WARM_SECONDS = 10;
const CONNECTS_PER_SECOND = 2_000;

interface Figures extends Omit<Steady, 'seconds'> {
  readonly clients: number;
  readonly workers: number;
  readonly bytesPerIdle: number;
  readonly rssMb: number;
}

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    clients: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '60' },
    pause: { type: 'string', default: '50' },
    workers: { type: 'string', default: '0' },
  },
});
if (options.help) console.log(USAGE);
else report(await main());

async function main(): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-connections-'));
  const started: Running[] = [];
  const keep = async (starting: Promise<Running>): Promise<Running> => {
    const running = await starting;
    started.push(running);
    return running;
  };
  try {
    const flagFile = join(folder, 'flags.json');
    writeFileSync(flagFile, JSON.stringify(flagSet()));
    const target = await keep(startNode('upstream.ts', []));
    const urls = [target.port, target.servicePort].map((port) => `http://127.0.0.1:${port}`);
    const workers = Number(options.workers) || processesFor(Number(options.clients));
    const edge = await keep(startEdge([String(workers), ...urls, flagFile]));
    return await measure(edge, workers);
  } finally {
    for (const { process } of started) process.disconnect();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** With the memory settings of the product. */
async function startEdge(args: readonly string[]): Promise<Running> {
  const child = startProcess(new URL('edge.ts', import.meta.url), args, productFlags());
  return { process: child, ...(await answerOf<{ port: number }>(child)) };
}

async function measure(edge: Running, workers: number): Promise<Figures> {
  const clients = Number(options.clients);
  const load = await LoadProcesses.start(processesFor(clients));
  const memory = (): number => rssMb(edge.process.pid ?? 0);
  try {
    await load.connect(edge.port, Math.min(WARM_CLIENTS, clients), CONNECTS_PER_SECOND);
    await load.ask(WARM_SECONDS, 0.2); // What is compiled and cached by the first requests is no cost of a connection.
    const before = memory();
    const known = Math.min(WARM_CLIENTS, clients);
    const opened = await load.connect(edge.port, clients - known, CONNECTS_PER_SECOND);
    const steady = await load.ask(Number(options.seconds), Number(options.pause));
    const grown = (memory() - before) * 1024 * 1024;
    const errors = steady.errors + opened.errors + (clients - known - opened.connected);
    return {
      ...steady,
      errors,
      clients,
      workers,
      bytesPerIdle: Math.round(grown / (clients - known)),
      rssMb: memory(),
    };
  } finally {
    load.stop();
  }
}

/** Both sides of a connection are files, each of another process. */
function processesFor(clients: number): number {
  const [, files = '1024'] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return Math.max(1, Math.ceil(clients / Math.max(200, Number(files) - RESERVED_FILES)));
}

function report(figures: Figures): void {
  const { clients, workers, requests, errors, p50Ms, p95Ms, bytesPerIdle, rssMb: rss } = figures;
  const head = ['peer', 'clients', 'workers', 'requests', 'errors', 'p50 ms', 'p95 ms', 'bytes/idle', 'RSS MB'];
  console.log(
    table(head, [['banyan', clients, workers, requests, errors, p50Ms, p95Ms, bytesPerIdle, Math.round(rss)]]),
  );
  console.log(
    `${cpus().length} cores of ${cpus()[0]?.model ?? 'unknown'}, a request every ${options.pause} s per client`,
  );
  const peer = { name: 'banyan', clients, requests, errors, p50Ms, p95Ms, bytesPerIdle };
  if (options.json) console.log(JSON.stringify({ bench: 'connections', peers: [peer] }));
}
