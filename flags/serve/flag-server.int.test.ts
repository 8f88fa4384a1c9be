import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { InMemStorageProvider, Unleash, type UnleashConfig } from 'unleash-client';
import { silentLog, waitUntil } from '../../shared/index.ts';
import type { Feature, FeatureSet } from '../feature-set.ts';
import { recordedFeatures, user } from '../flag-provider.contract.ts';
import { serveFlags, servedToken, type ServedFlags } from '../testing/served-flags.ts';
import { createUnleashFlagProvider } from '../unleash-flag-provider.ts';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const part of opened.splice(0).toReversed()) await part.close();
});

const modes = [
  ['polling', { type: 'polling', format: 'full' }],
  ['polling for deltas', { type: 'polling', format: 'delta' }],
  ['streaming', { type: 'streaming' }],
] as const;

describe.each(modes)('the SDK, %s,', (_name, experimentalMode) => {
  it('evaluates every flag for every user as the edge does, before and after a change', async () => {
    const served = await serve();
    const sdk = await openSdk(served, { experimentalMode });
    expect(differences(served, sdk)).toEqual([]);
    await served.publish(edited(recordedFeatures()));
    expect(await waitUntil(() => !sdk.isEnabled('banyan.trips'), { budgetMs: 20_000 })).toBe(true);
    expect(sdk.isEnabled('banyan.trips.new', { userId: '1' })).toBe(true);
    expect(sdk.getFeatureToggleDefinition('banyan.trips.half')).toBeUndefined();
    expect(differences(served, sdk)).toEqual([]);
  });
});

describe('the SDK', () => {
  it('streaming, comes back by itself after the server was away, and has missed nothing', async () => {
    const served = await serve();
    const sdk = await openSdk(served, { experimentalMode: { type: 'streaming' } });
    await served.close();
    await served.publish(edited(recordedFeatures()));
    expect(sdk.isEnabled('banyan.trips', { userId: '1' })).toBe(true);
    await served.open();
    expect(await waitUntil(() => !sdk.isEnabled('banyan.trips'), { budgetMs: 15_000 })).toBe(true);
    expect(differences(served, sdk)).toEqual([]);
  });

  it('gets nothing without the token', async () => {
    const served = await serve();
    const problems: string[] = [];
    const sdk = newSdk(served, { customHeaders: { Authorization: 'guessed' } });
    sdk.on('error', (error: Error) => problems.push(error.message));
    await sdk.start();
    expect(problems.join()).toContain('401');
    expect(sdk.getFeatureToggleDefinitions()).toEqual([]);
  });

  it('polls when there are too many streams already', async () => {
    const served = await serve({ maxStreams: 1 });
    await openSdk(served, { experimentalMode: { type: 'streaming' } });
    const second = await openSdk(served, { experimentalMode: { type: 'streaming' }, refreshInterval: 50 });
    expect(served.server.streams).toBe(1);
    await served.publish(edited(recordedFeatures()));
    expect(await waitUntil(() => !second.isEnabled('banyan.trips'), { budgetMs: 20_000 })).toBe(true);
  });
});

describe('the server', () => {
  it('says that it knows no flags yet, rather than that there are none', async () => {
    const empty = createUnleashFlagProvider({
      url: 'http://127.0.0.1:9/api',
      token: 't',
      appName: 't',
      log: silentLog,
    });
    const served = await serveFlags(recordedFeatures(), {}, empty);
    opened.push({ close: () => empty.stop() }, { close: () => served.dispose() });
    for (const path of ['features', 'delta', 'streaming']) {
      const headers = { authorization: servedToken };
      const response = await fetch(`${served.url}/client/${path}`, { headers });
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    }
  });
});

describe('a consumer that does not read', () => {
  it('costs a bounded number of bytes, holds nobody up, and has the newest set once it reads again', async () => {
    const served = await serve();
    const slow = await openRaw(served);
    const sdk = await openSdk(served, { experimentalMode: { type: 'streaming' } });
    for (let turn = 0; turn < 40; turn++) await served.publish(large(turn));
    expect(await waitUntil(() => version(sdk) === '39', { budgetMs: 20_000 })).toBe(true);
    expect(served.server.streams).toBe(2);
    let received = '';
    slow.on('data', (chunk) => (received += chunk.toString()));
    slow.resume();
    expect(await waitUntil(() => received.includes('"description":"39"'), { budgetMs: 20_000 })).toBe(true);
    expect(received.match(/unleash-updated/g)?.length).toBeLessThan(40);
  });

  it('is let go after a while', async () => {
    const served = await serve({ heartbeatMs: 20, patience: 3 });
    await openRaw(served);
    expect(served.server.streams).toBe(1);
    const isGone = async (): Promise<boolean> => {
      await served.publish(large(Math.random()));
      return served.server.streams === 0;
    };
    expect(await waitUntil(isGone, { budgetMs: 10_000 })).toBe(true);
  });
});

describe('an edge behind our own server', () => {
  it('follows a change without waiting for its next poll', async () => {
    const served = await serve();
    const edge = await openEdgeFlags(served, 60_000);
    await waitUntil(() => served.server.streams === 1, { budgetMs: 20_000 });
    await served.publish(edited(recordedFeatures()));
    expect(await waitUntil(() => edge.isOff('banyan.trips'), { budgetMs: 20_000 })).toBe(true);
  });

  it('is as stale as the server is itself', async () => {
    const first = await serve();
    const middle = await openEdgeFlags(first, 100);
    const second = await serveFlags(recordedFeatures(), {}, middle);
    opened.push({ close: () => second.dispose() });
    const last = await openEdgeFlags(second, 500);
    expect(last.health().isStale).toBe(false);
    await first.close();
    expect(await waitUntil(() => last.health().isStale, { budgetMs: 10_000 })).toBe(true);
    await first.open();
    expect(await waitUntil(() => !last.health().isStale, { budgetMs: 10_000 })).toBe(true);
  });
});

async function serve(limits = {}): Promise<ServedFlags> {
  const served = await serveFlags(recordedFeatures(), limits);
  opened.push({ close: () => served.dispose() });
  return served;
}

function newSdk(served: ServedFlags, config: Partial<UnleashConfig>): Unleash {
  const sdk = new Unleash({
    url: served.url,
    appName: 'sdk',
    customHeaders: { Authorization: servedToken },
    refreshInterval: 50,
    storageProvider: new InMemStorageProvider(),
    disableMetrics: true,
    skipInstanceCountWarning: true,
    disableAutoStart: true,
    ...config,
  });
  sdk.on('warn', () => undefined);
  sdk.on('error', () => undefined);
  opened.push({ close: () => sdk.destroy() });
  return sdk;
}

async function openSdk(served: ServedFlags, config: Partial<UnleashConfig>): Promise<Unleash> {
  const sdk = newSdk(served, config);
  const ready = once(sdk, 'ready');
  await sdk.start();
  await ready;
  return sdk;
}

async function openEdgeFlags(served: ServedFlags, refreshMs: number) {
  const flags = createUnleashFlagProvider({
    url: served.url,
    token: servedToken,
    appName: 'edge',
    refreshMs,
    log: silentLog,
  });
  opened.push({ close: () => flags.stop() });
  await flags.start();
  return flags;
}

/** A client that asks for the stream and then reads nothing. */
async function openRaw(served: ServedFlags): Promise<Socket> {
  const { port, pathname } = new URL(`${served.url}/client/streaming`);
  const socket = connect(Number(port), '127.0.0.1');
  opened.push({ close: () => socket.destroy() });
  socket.on('error', () => undefined).pause();
  socket.write(`GET ${pathname} HTTP/1.1\r\nhost: flags\r\nauthorization: ${servedToken}\r\n\r\n`);
  await waitUntil(() => served.server.streams === 1, { budgetMs: 20_000 });
  return socket;
}

/** Flags that the SDK and our evaluation answer differently; the lottery is off with us on purpose. */
function differences(served: ServedFlags, sdk: Unleash): string[] {
  const names = (served.flags.features()?.features ?? []).map(({ name }) => name).filter((n) => !n.endsWith('lottery'));
  const ids = [...Array.from({ length: 300 }, (_, i) => String(i)), 'ann@fleet.example', 'ANN@FLEET.EXAMPLE'];
  return names.flatMap((name) =>
    ids
      .filter((id) => sdk.isEnabled(name, { userId: id }) !== served.flags.isEnabled(name, user(id)))
      .map((id) => `${name} for ${id}`),
  );
}

/** One flag switched off, one gone, one new, and the segment changed. */
function edited(set: FeatureSet): FeatureSet {
  const features = set.features
    .filter(({ name }) => name !== 'banyan.trips.half')
    .map((feature) => (feature.name === 'banyan.trips' ? { ...feature, enabled: false } : feature));
  const segments = (set.segments ?? []).map((segment) => ({
    ...segment,
    constraints: [{ contextName: 'userId', operator: 'STR_STARTS_WITH', values: ['1'] }],
  }));
  return { ...set, features: [...features, everybody('banyan.trips.new')], segments };
}

function everybody(name: string, description = ''): Feature {
  return { name, description, enabled: true, strategies: [{ name: 'default', parameters: {} }] };
}

/** Half a megabyte, all of it new with every version. */
function large(version: number): FeatureSet {
  const description = 'x'.repeat(512 * 1024);
  return { version: 2, features: [everybody('version', String(version)), everybody('ballast', description + version)] };
}

function version(sdk: Unleash): string | undefined {
  return (sdk.getFeatureToggleDefinition('version') as { description?: string } | undefined)?.description;
}
