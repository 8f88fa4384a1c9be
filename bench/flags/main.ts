import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InMemStorageProvider, Unleash as Sdk, type UnleashConfig } from 'unleash-client';
import { table } from '../../cli/index.ts';
import {
  createFileFlagProvider,
  createUnleashFlagProvider,
  FlagFile,
  FlagServer,
  UnleashEditor,
  unitFlag,
  type FlagProvider,
} from '../../flags/index.ts';
import { silentLog } from '../../shared/index.ts';
import { startPostgres, startUnleash } from '../../stack/index.ts';
import { measureFlips, type Flips } from './flip.ts';

const USAGE = `npm run bench:flags [-- --json] [--polls N] [--pushes N]

Switches a flag and measures the time until everybody who reads it knows: through Unleash's admin API by polling every
2 s, and through our own flag server by stream, with three edges and with an ordinary SDK.`;

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    polls: { type: 'string', default: '20' },
    pushes: { type: 'string', default: '200' },
  },
});
const UNIT = 'bench';
const POLL_MS = 2_000;

if (options.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const results: Record<string, Flips> = { ...(await throughUnleash()), ...(await throughOurServer()) };
  if (options.json) return console.log(JSON.stringify({ flags: results }));
  const rows = Object.entries(results).map(([name, f]) => [name, f.flips, f.p50Ms, f.p99Ms, f.maxMs]);
  console.log(table(['PEER', 'FLIPS', 'P50 ms', 'P99 ms', 'MAX ms'], rows));
}

/** Unleash itself looks for changes once a second; what polls it adds its own interval. */
async function throughUnleash(): Promise<Record<string, Flips>> {
  const database = await startPostgres();
  const unleash = await startUnleash({ database: database.url });
  const place = { url: unleash.url, token: unleash.adminToken, project: 'default', environment: 'development' };
  const editor = new UnleashEditor(place);
  await editor.createUnit(UNIT, []);
  const flip = async (enabled: boolean): Promise<void> => void (await editor.setKilled(UNIT, !enabled));
  const edge = await openEdge(unleash.url, unleash.tokens.development);
  const sdk = await openSdk(unleash.url, unleash.tokens.development, { refreshInterval: POLL_MS });
  try {
    const polls = Number(options.polls);
    return {
      'unleash-edge-polling': await measureFlips({ flip, readers: [() => !edge.isOff(unitFlag(UNIT))] }, polls),
      'unleash-sdk-polling': await measureFlips({ flip, readers: [() => sdk.isEnabled(unitFlag(UNIT))] }, polls),
    };
  } finally {
    sdk.destroy();
    await edge.stop();
    await unleash.stop();
    await database.stop();
  }
}

/** From the change of control's flag file to the last reader. */
async function throughOurServer(): Promise<Record<string, Flips>> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-flags-'));
  const file = new FlagFile(join(folder, 'flags.json'));
  await file.createUnit(UNIT, []);
  const control = createFileFlagProvider({ path: file.path, log: silentLog });
  await control.start();
  const token = 'token-of-the-benchmark';
  const { url, close } = await serve(control, token);
  const edges = await Promise.all([1, 2, 3].map(() => openEdge(url, token)));
  const sdk = await openSdk(url, token, { experimentalMode: { type: 'streaming' } });
  const flip = async (enabled: boolean): Promise<void> => void (await file.setKilled(UNIT, !enabled));
  try {
    const pushes = Number(options.pushes);
    const readers = edges.map((edge) => () => !edge.isOff(unitFlag(UNIT)));
    return {
      'banyan-three-edges': await measureFlips({ flip, readers }, pushes),
      'banyan-sdk-streaming': await measureFlips({ flip, readers: [() => sdk.isEnabled(unitFlag(UNIT))] }, pushes),
    };
  } finally {
    sdk.destroy();
    for (const edge of edges) await edge.stop();
    await close();
    await control.stop();
    await rm(folder, { recursive: true });
  }
}

async function serve(flags: FlagProvider, token: string): Promise<{ url: string; close: () => Promise<void> }> {
  const server = new FlagServer({ flags, token });
  const http = createServer((request, response) => {
    request.url = request.url?.replace(/^\/api/, '');
    server.handle(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    server.close();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  };
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/api`, close };
}

async function openEdge(url: string, token: string): Promise<FlagProvider> {
  const flags = createUnleashFlagProvider({ url, token, refreshMs: POLL_MS, appName: 'bench', log: silentLog });
  await flags.start();
  return flags;
}

async function openSdk(url: string, token: string, config: Partial<UnleashConfig>): Promise<Sdk> {
  const sdk = new Sdk({
    url,
    appName: 'bench',
    customHeaders: { Authorization: token },
    storageProvider: new InMemStorageProvider(),
    disableMetrics: true,
    disableAutoStart: true,
    ...config,
  });
  const ready = new Promise<void>((resolve) => sdk.once('ready', () => resolve()));
  await sdk.start();
  await ready;
  return sdk;
}
