import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ApiClient, BanyanError, silentLog, waitUntil } from '../../shared/index.ts';
import { freePort } from '../../stack/index.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import { serveFeed } from './feed.ts';
import { createApi } from './http-api.ts';
import { RemoteUnitStates, stagesFile, type StagesKeeper } from './remote-unit-states.ts';

describe('the stages as an edge of another process knows them', () => {
  let folder: string;
  let keeper: StagesKeeper;
  let opened: { stop(): Promise<void> | void }[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'banyan-stages-'));
    keeper = stagesFile(join(folder, 'stages.json'));
    opened = [];
  });
  afterEach(async () => {
    for (const one of opened.toReversed()) await one.stop();
    rmSync(folder, { recursive: true });
  });

  async function edgeOf(url: string): Promise<RemoteUnitStates> {
    const states = new RemoteUnitStates(clientOf(url), keeper, silentLog);
    opened.push(states);
    await states.start();
    return states;
  }

  async function control(port?: number): Promise<Control> {
    const started = await startControl(port ?? (await freePort()));
    opened.push(started);
    return started;
  }

  it('are those control tells, and kept', async () => {
    const { url } = await control();
    const states = await edgeOf(url);
    expect([states.isTold, states.get('trips')?.epoch, states.get('routes')]).toEqual([true, 4, undefined]);
    expect(await waitUntil(async () => (await keeper.read()).state === 'kept', { budgetMs: 20_000 })).toBe(true);
  });

  it('are those that were kept while control is away, and control’s when it is back', async () => {
    const first = await control();
    await edgeOf(first.url);
    await waitUntil(async () => (await keeper.read()).state === 'kept', { budgetMs: 20_000 });
    await first.stop();
    const states = await edgeOf(first.url);
    expect([states.isTold, states.get('trips')?.owner]).toEqual([false, 'service']);
    await control(Number(new URL(first.url).port));
    expect(await waitUntil(() => states.isTold, { budgetMs: 20_000 })).toBe(true);
  });

  it.each<[string, string | undefined]>([
    ['nothing was kept', undefined],
    ['what was kept is damaged', '[{"unit":"trips","owner":"legacy","epoch":1}]'],
  ])('are unknown while control is away and %s', async (_, text) => {
    if (text !== undefined) writeFileSync(keeper.path, text);
    const gone = await control();
    await gone.stop();
    const states = await edgeOf(gone.url);
    expect([states.isTold, states.get('trips')]).toEqual([false, undefined]);
  });
});

interface Control {
  readonly url: string;
  stop(): Promise<void>;
}

const record: UnitRecord = {
  unit: 'trips',
  stage: { name: 'owned' },
  owner: 'service',
  epoch: 4,
  planDigest: 'd',
  changedAt: '2026-01-01T00:00:00Z',
  changedBy: 'test@here',
};

async function startControl(port: number): Promise<Control> {
  const app = createApi('token');
  serveFeed(app, '/v1/states', { revision: () => 1, value: () => [record] });
  const server: Server = app.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

function clientOf(url: string): ApiClient {
  const doc = { happened: 'control does not answer', normal: '', todo: 'start it' };
  return new ApiClient({ url, token: 'token', unreachable: (facts) => new BanyanError('TEST_CONTROL', doc, facts) });
}
