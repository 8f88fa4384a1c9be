import { seededRandom } from '../../shared/index.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { Toxiproxy as Client, type Proxy } from 'toxiproxy-node-client';
import { startMariaDb, startToxiproxy, type MariaDb } from '../../stack/index.ts';
import { compare, type Comparison } from './comparison.ts';
import { createSoakStream } from './soak-unit.ts';
import { headOf, prepare } from './soak.ts';
import { startWriter } from './writer.ts';

export interface WeatherReport extends Comparison {
  /** Faults that the network had, one after the other, on either side of the stream. */
  readonly faults: number;
  readonly transactions: number;
  /** What the stream said of itself while the weather was bad, each once. */
  readonly states: readonly string[];
  readonly seconds: number;
}

export interface WeatherOptions {
  readonly seconds: number;
  readonly seed: number;
}

type Toxic = Parameters<Proxy['addToxic']>[0];

function fault(type: Toxic['type'], attributes: object, stream: Toxic['stream'] = 'downstream'): Toxic {
  return { name: 'weather', type, stream, toxicity: 1, attributes };
}

/** What networks do: late, by fits, a few bytes at a time, nothing at all for a while, cut in the middle. */
const faults: readonly Toxic[] = [
  fault('latency', { latency: 120, jitter: 100 }),
  fault('latency', { latency: 80, jitter: 60 }, 'upstream'),
  fault('bandwidth', { rate: 40 }),
  fault('slicer', { average_size: 64, size_variation: 32, delay: 500 }),
  fault('slicer', { average_size: 64, size_variation: 32, delay: 500 }, 'upstream'),
  fault('timeout', { timeout: 0 }),
  fault('timeout', { timeout: 200 }, 'upstream'),
  fault('reset_peer', { timeout: 50 }),
  fault('limit_data', { bytes: 3_000 }),
];

/** Follows a source and writes a target through bad network weather, without anybody's help, while a writer writes. */
export async function weather(options: WeatherOptions): Promise<WeatherReport> {
  const startedAt = Date.now();
  const random = seededRandom(options.seed);
  const [source, target, toxiproxy] = await Promise.all([startMariaDb(), startMariaDb(), startToxiproxy()]);
  try {
    await prepare(source, target);
    const client = new Client(toxiproxy.url);
    const proxies = [await proxyTo(client, source, 'source'), await proxyTo(client, target, 'target')] as const;
    const [sourceUrl, targetUrl] = proxies.map(({ listen }) => `mysql://root@${listen}`);
    const stream = createSoakStream({ source: sourceUrl ?? '', target: targetUrl ?? '' });
    await stream.start();
    await stream.whenStreaming();
    const writer = await startWriter(source.url(), random);
    const states = new Set<string>();
    const until = Date.now() + options.seconds * 1000;
    let count = 0;
    for (; Date.now() < until; count++) {
      await oneFault(proxies[random() < 0.5 ? 0 : 1], random);
      states.add(stream.state().kind);
    }
    await writer.stop();
    const isThere = await stream.waitFor(await headOf(source), { budgetMs: 120_000 });
    states.add(stream.state().kind);
    await stream.stop();
    if (!isThere) throw new Error(`the stream did not come to the end; it was ${[...states].join(', ')}`);
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    const result = await compare(source, target);
    return { ...result, faults: count, transactions: writer.transactions(), states: [...states], seconds };
  } finally {
    await Promise.all([source.stop(), target.stop(), toxiproxy.stop()]);
  }
}

function proxyTo(client: Client, { port }: MariaDb, name: string): Promise<Proxy> {
  return client.createProxy({ name, listen: '127.0.0.1:0', upstream: `127.0.0.1:${port}` });
}

async function oneFault(proxy: Proxy, random: () => number): Promise<void> {
  const toxic = await proxy.addToxic(faults[Math.floor(random() * faults.length)] as Toxic);
  await sleep(200 + random() * 1_300);
  await toxic.remove();
  await sleep(random() * 400);
}
