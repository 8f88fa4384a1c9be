import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { silentLog, waitUntil } from '../shared/index.ts';
import type { FeatureSet } from './feature-set.ts';
import { describeFlagProvider, recordedFeatures, user, type FlagSource } from './flag-provider.contract.ts';
import { createUnleashFlagProvider } from './unleash-flag-provider.ts';

// The real unleash-client against a local HTTP server that replays an answer recorded from Unleash 8
// (fixtures/client-features.json). The real server joins with the edge's later work, under the same contract.
describeFlagProvider('an Unleash server', openServer);

describe('an Unleash server', () => {
  it('is asked with the token, and again with a new client after a 401', async () => {
    const source = await openServer(recordedFeatures());
    expect(source.tokens).toContain('default:development.recorded');
    source.answerWith(401);
    await waitUntil(() => source.provider.health().ageMs > 200, { budgetMs: 3000 });
    expect(source.provider.isEnabled('banyan.trips.beta', user('7'))).toBe(true);
    source.answerWith(200);
    expect(await waitUntil(() => source.provider.health().ageMs < 60, { budgetMs: 5000 })).toBe(true);
    expect(source.provider.isEnabled('banyan.trips.beta', user('7'))).toBe(true);
    await source.dispose();
  });

  it('keeps the last good set while the server is away', async () => {
    const source = await openServer(recordedFeatures());
    await source.close();
    await waitUntil(() => source.provider.health().ageMs > 150, { budgetMs: 3000 });
    expect(source.provider.isEnabled('banyan.trips.beta', user('7'))).toBe(true);
    await source.dispose();
  });
});

interface ReplayServer extends FlagSource {
  readonly tokens: string[];
  answerWith(status: number): void;
  close(): Promise<void>;
}

async function openServer(set: FeatureSet | undefined): Promise<ReplayServer> {
  let body = set && JSON.stringify(set);
  let status = set ? 200 : 500;
  let answers = 0;
  const tokens: string[] = [];
  const server = createServer((request, response: ServerResponse) => {
    tokens.push(String(request.headers.authorization));
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    answers++;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const provider = createUnleashFlagProvider({
    url: `http://127.0.0.1:${port}/api`,
    token: 'default:development.recorded',
    appName: 'banyan-test',
    refreshMs: 20,
    log: silentLog,
  });
  await provider.start();
  await new Promise(setImmediate);
  return {
    provider,
    tokens,
    close,
    answerWith: (next) => void (status = next),
    publish: async (next) => {
      body = JSON.stringify(next);
      status = 200;
      await Promise.resolve();
    },
    spoil: async () => {
      body = '{"features": "none"}';
      const seen = answers;
      await waitUntil(() => answers > seen + 1, { budgetMs: 3000 });
    },
    dispose: async () => {
      await provider.stop();
      if (server.listening) await close();
    },
  };
}
