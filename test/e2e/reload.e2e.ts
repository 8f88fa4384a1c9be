import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JournalEntry, Reload } from '../../cutover/index.ts';
import { ApiClient, BanyanError, waitUntil } from '../../shared/index.ts';
import { freePort, startMariaDb, type MariaDb } from '../../stack/index.ts';
import { changedPlans } from '../support/plans.ts';
import { startProgram, type Program } from '../support/program.ts';

const TOKEN = 'admin-token-of-the-test';
const why = { who: 'ada@host', reason: 'legacy moves' };

let database: MariaDb;
let plans: string;
let env: Record<string, string>;
let control: Program;
let client: ApiClient;
const legacies: Server[] = [];
const edges: { name: string; program: Program; url: string; metricsUrl: string }[] = [];

beforeAll(async () => {
  database = await startMariaDb({ serverId: 1 });
  for (const name of ['a', 'b']) legacies.push(await legacyNamed(name));
  plans = changedPlans(() => undefined);
  const controlPort = await freePort();
  env = {
    CONTROL_DATABASE_URL: database.url('root', '', ''),
    LEGACY_URL: addressOf(legacies[0]!),
    TRIPS_URL: 'http://127.0.0.1:1',
    SESSION_SECRET: 'secret-of-the-session',
    BANYAN_IDENTITY_KEY: 'identity-key-of-the-test-32-chars',
    BANYAN_ADMIN_TOKEN: TOKEN,
    BANYAN_PLANS: plans,
    BANYAN_FLAGS: join(plans, 'flags.json'),
    BANYAN_CONTROL_PORT: String(controlPort),
    BANYAN_CONTROL_URL: `http://127.0.0.1:${controlPort}`,
    LOG_LEVEL: 'fatal',
  };
  const readyWhen = /"control":"([^"]+)"/;
  control = await startProgram({ args: ['cli/banyan.mjs', '--json', 'control'], env, readyWhen });
  client = clientOf(`http://127.0.0.1:${controlPort}`);
  await Promise.all(['one', 'two', 'three'].map(startEdge));
}, 600_000);

afterAll(async () => {
  await Promise.all(edges.map(({ program }) => program.stop()));
  await control?.stop();
  for (const server of legacies) server.close().closeAllConnections();
  await database?.stop();
});

async function startEdge(name: string): Promise<void> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const own = {
    PORT: String(port),
    BANYAN_METRICS_PORT: String(metricsPort),
    BANYAN_EDGE_NAME: name,
    BANYAN_STAGES: join(plans, `${name}.stages.json`),
    KILL_FILE: join(plans, `${name}.kill`),
  };
  const args = ['cli/banyan.mjs', '--json', 'edge'];
  const program = await startProgram({ args, env: { ...env, ...own }, readyWhen: /"edge":"([^"]+)"/ });
  edges.push({ name, program, url: program.ready, metricsUrl: `http://127.0.0.1:${metricsPort}/metrics` });
}

/** Has legacy at one of its two addresses, in the file that the edges share. */
function moveLegacy(to: Server): void {
  const text = `legacy: { endpoints: { from: list, urls: ["${addressOf(to)}"] } }\n`;
  writeFileSync(join(plans, 'edge.yaml'), text);
}

async function answerOf(url: string): Promise<string> {
  const answer = await fetch(`${url}/anything`);
  return `${answer.status} ${await answer.text()}`;
}

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } })).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

const reload = async (): Promise<Reload> =>
  (await client.post<{ result: Reload }>('/v1/configuration/reload', why)).result;

async function lastLine(): Promise<JournalEntry | undefined> {
  return (await client.get<{ journal: JournalEntry[] }>('/v1/journal?limit=1')).journal.at(-1);
}

describe('a reload of three edges', () => {
  it('case 131: has reached all of them when it is answered, in less than a second, and fails no request', async () => {
    const over = new AbortController();
    const seen = new Set<string>();
    const users = edges.map(async ({ url }) => {
      while (!over.signal.aborted) seen.add((await answerOf(url)).slice(0, 3));
    });
    const tookMs: number[] = [];
    for (let i = 1; i <= 10; i++) {
      moveLegacy(legacies[i % 2]!);
      const startedAt = performance.now();
      const { outcome, edges: told } = await reload();
      const expected = `200 ${i % 2 === 0 ? 'a' : 'b'}`;
      const answers = await Promise.all(edges.map(({ url }) => answerOf(url)));
      tookMs.push(performance.now() - startedAt);
      expect([outcome, told.map(({ problem }) => problem), answers]).toEqual([
        'applied',
        [undefined, undefined, undefined],
        [expected, expected, expected],
      ]);
    }
    over.abort();
    await Promise.all(users);
    expect([...seen]).toEqual(['200']);
    expect(Math.min(...tookMs)).toBeLessThan(1_000); // A busy machine holds some of them up.
  }, 600_000);

  it('is refused as a whole when it is wrong, and every edge says so and stays', async () => {
    writeFileSync(join(plans, 'edge.yaml'), 'legacy: { endpoints: { from: heaven } }\nbreaker: { openMs: soon }\n');
    await expect(reload()).rejects.toThrow(/edge.yaml: legacy.endpoints[\s\S]*edge.yaml: breaker.openMs/);
    writeFileSync(
      join(plans, 'edge.yaml'),
      'legacy: { endpoints: { from: list, urls: ["http://169.254.169.254"] } }\n',
    );
    await expect(reload()).rejects.toThrow('is at 169.254.169.254, where no target may be');
    for (const { url, metricsUrl } of edges) {
      expect(await answerOf(url)).toBe('200 a');
      expect([
        await metric(metricsUrl, 'banyan_config_refused'),
        await metric(metricsUrl, 'banyan_config_revision'),
      ]).toEqual([1, 11]);
    }
  }, 600_000);

  it('is in the journal, with who, why and what; on SIGHUP too', async () => {
    moveLegacy(legacies[1]!);
    process.kill(control.pid, 'SIGHUP');
    for (const { url } of edges)
      expect(await waitUntil(async () => (await answerOf(url)) === '200 b', { budgetMs: 20_000 })).toBe(true);
    expect(await lastLine()).toMatchObject({
      reason: 'SIGHUP',
      detail: { changes: ['edge: legacy.endpoints.urls.0'] },
    });
    moveLegacy(legacies[0]!);
    await reload();
    expect(await lastLine()).toMatchObject({ unit: '*', ...why, action: 'configuration' });
  }, 600_000);

  it('is taken up by an edge that comes back, whatever its own files say', async () => {
    const [first] = edges.splice(
      edges.findIndex(({ name }) => name === 'one'),
      1,
    );
    await first?.program.kill();
    moveLegacy(legacies[1]!); // Not reloaded: control's word counts, not the disk.
    await startEdge('one');
    expect(await answerOf(edges.at(-1)?.url ?? '')).toBe('200 a');
    expect(await metric(edges.at(-1)?.metricsUrl ?? '', 'banyan_config_revision')).toBe(13);
  }, 600_000);
});

function clientOf(url: string): ApiClient {
  const doc = { happened: 'control does not answer', normal: '', todo: 'look at its log' };
  return new ApiClient({ url, token: TOKEN, unreachable: (facts) => new BanyanError('TEST_CONTROL', doc, facts) });
}

async function legacyNamed(name: string): Promise<Server> {
  const server = createServer((_request, response) => response.end(name)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
