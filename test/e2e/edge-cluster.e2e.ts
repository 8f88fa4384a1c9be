import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { stagesFile, type UnitRecord } from '../../cutover/index.ts';
import type { RecordedRequest } from '../../edge/index.ts';
import { JsonLines, messageOf, waitUntil } from '../../shared/index.ts';
import { freePort } from '../../stack/index.ts';
import { runProgram, startProgram, type Program } from '../support/program.ts';

const TOKEN = 'admin-token-of-the-example';
const SECRET = 'fleet-session-secret-of-the-example';
/** What the edge was told before it was started; nobody tells it anything now. */
const AT_LEGACY: UnitRecord = {
  unit: 'trips',
  stage: { name: 'legacy' },
  owner: 'legacy',
  epoch: 1,
  planDigest: '',
  changedAt: '2026-01-01T00:00:00.000Z',
  changedBy: 'test',
};

let legacy: Server;
let folder: string;
let edge: Program;
let adminUrl: string;
let env: Record<string, string>;

beforeAll(async () => {
  legacy = createServer((_request, response) => void setTimeout(() => response.end('{"by":"legacy"}'), 2));
  legacy.listen(0, '127.0.0.1');
  await once(legacy, 'listening');
  folder = mkdtempSync(join(tmpdir(), 'banyan-cluster-'));
  const adminPort = await freePort();
  adminUrl = `http://127.0.0.1:${adminPort}`;
  env = {
    LEGACY_URL: `http://127.0.0.1:${(legacy.address() as AddressInfo).port}`,
    TRIPS_URL: 'http://127.0.0.1:1',
    SESSION_SECRET: SECRET,
    BANYAN_IDENTITY_KEY: 'identity-key-of-the-example-32-chars',
    BANYAN_ADMIN_TOKEN: TOKEN,
    BANYAN_CONTROL_URL: 'http://127.0.0.1:1',
    BANYAN_SYNC_URL: 'http://127.0.0.1:1',
    BANYAN_FLAGS: join(folder, 'flags.json'),
    BANYAN_STAGES: join(folder, 'stages.json'),
    KILL_FILE: join(folder, 'kill'),
    LOG_LEVEL: 'fatal',
    PORT: String(await freePort()),
    BANYAN_METRICS_PORT: String(adminPort),
    BANYAN_EDGE_URLS: adminUrl,
    BANYAN_EDGE_WORKERS: '2',
    BANYAN_DRAIN_MS: '3000',
  };
  await stagesFile(join(folder, 'stages.json')).write([AT_LEGACY]);
  const readyWhen = /"edge":"([^"]+)"/;
  edge = await startProgram({ args: ['cli/banyan.mjs', '--json', 'edge'], env, readyWhen, budgetMs: 90_000 });
}, 600_000);

afterAll(async () => {
  await edge?.stop();
  legacy?.closeAllConnections();
  legacy?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Process ids of the workers. */
function workers(): number[] {
  return readFileSync(`/proc/${edge.pid}/task/${edge.pid}/children`, 'utf8').trim().split(' ').map(Number);
}

/** Requests the workers say they have carried. */
async function counted(): Promise<number> {
  const answer = await fetch(`${adminUrl}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const lines = (await answer.text()).split('\n').filter((line) => line.startsWith('banyan_edge_requests_total{'));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function ready(): Promise<number> {
  return (await fetch(`${adminUrl}/readyz`)).status;
}

interface Load {
  readonly answered: number;
  readonly failures: readonly string[];
}

/** Clients that keep their connections and pause between requests, while something happens to the edge. */
async function underLoad(during: () => Promise<unknown>): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const failures: string[] = [];
  let answered = 0;
  const over = new AbortController();
  const client = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await ask(agent).then(
        () => answered++,
        (error: unknown) => failures.push(messageOf(error)),
      );
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
    }
  };
  const clients = Promise.all(Array.from({ length: 16 }, client));
  await during();
  over.abort();
  await clients;
  agent.destroy();
  return { answered, failures };
}

async function ask(agent: Agent | false, path = '/api/trips/17', headers = {}): Promise<void> {
  const asked = request(`${edge.ready}${path}`, { agent, headers }).end();
  const [answer] = (await once(asked, 'response')) as [NodeJS.ReadableStream & { statusCode?: number }];
  answer.resume();
  await once(answer, 'end');
  if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}`);
}

function as(user: number): object {
  const session = `${user}.s1.4102444800`;
  return { cookie: `fleet_session=${session}.${createHmac('sha256', SECRET).update(session).digest('base64url')}` };
}

interface Taken {
  readonly request: RecordedRequest;
  readonly dropped: number;
  readonly lost: number;
}

/** What is recorded from now on, as it comes; `during` is over before the recording is. */
async function recording(wish: object, during: (taken: readonly Taken[]) => Promise<unknown>): Promise<Taken[]> {
  const leave = new AbortController();
  const answer = await fetch(`${adminUrl}/v1/record`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ unit: 'trips', share: 1, seconds: 86_400, keep: [], key: 'g'.repeat(32), ...wish }),
    signal: leave.signal,
  });
  expect(answer.status).toBe(200);
  const taken: Taken[] = [];
  const lines = new JsonLines();
  const reading = answer.body?.pipeTo(
    new WritableStream({
      write: (chunk: Uint8Array) =>
        void taken.push(...lines.take(Buffer.from(chunk)).map((line) => (line as { progress: Taken }).progress)),
    }),
  );
  await during(taken);
  leave.abort();
  await reading?.catch(() => undefined);
  return taken;
}

/** Nine users, four requests each, every one on a connection of its own: each user is seen by both workers. */
async function nineUsers(): Promise<void> {
  for (let round = 0; round < 4; round++)
    for (let user = 1; user <= 9; user++) await ask(false, `/api/trips/${user}`, as(user));
}

describe('an edge of several processes behind one port', () => {
  it('answers through all of them and counts as one', async () => {
    const before = await counted();
    const { answered, failures } = await underLoad(() => new Promise((resolve) => setTimeout(resolve, 500)));
    expect(failures).toEqual([]);
    expect(await counted()).toBe(before + answered);
    expect(workers()).toHaveLength(2);
    expect(await ready()).toBe(200);
  });

  it('records in all of them what one would: all requests of a user or none, under one name', async () => {
    const all = async (count: number, wish: object): Promise<Map<string | null, Taken[]>> => {
      const taken = await recording(wish, async (sofar) => {
        await nineUsers();
        expect(await waitUntil(() => sofar.length >= count, { budgetMs: 50_000 })).toBe(true);
      });
      expect(taken).toHaveLength(count);
      return Map.groupBy(taken, ({ request: { session } }) => session);
    };
    const whole = await all(36, {});
    expect([...whole.values()].map((requests) => new Set(requests.map((one) => one.request.path)).size)).toEqual(
      Array.from({ length: 9 }, () => 1),
    );
    const half = await all(20, { share: 0.5 });
    expect([...half].map(([name, requests]) => [whole.has(name), requests.length])).toEqual(
      Array.from({ length: 5 }, () => [true, 4]),
    );
  }, 600_000);

  it('replaces a worker that was killed -9, and its counts do not fall', async () => {
    const before = await counted();
    const [victim = 0] = workers();
    process.kill(victim, 'SIGKILL');
    const isReplaced = (): boolean => workers().length === 2 && !workers().includes(victim);
    expect(await waitUntil(isReplaced, { budgetMs: 50_000, everyMs: 20 })).toBe(true);
    expect(await counted()).toBeGreaterThanOrEqual(before);
    const { failures } = await underLoad(() => new Promise((resolve) => setTimeout(resolve, 200)));
    expect(failures).toEqual([]);
  }, 600_000);

  it('fails no request while all its processes are replaced one after the other', async () => {
    const before = workers();
    const taken = await recording({}, async (sofar) => {
      const { answered, failures } = await underLoad(async () => {
        process.kill(edge.pid, 'SIGHUP');
        const isNew = (): boolean => workers().length === 2 && workers().every((pid) => !before.includes(pid));
        expect(await waitUntil(isNew, { budgetMs: 80_000, everyMs: 20 })).toBe(true);
      });
      expect(failures).toEqual([]);
      expect(answered).toBeGreaterThan(100);
      const isAllThere = async (): Promise<boolean> => {
        await ask(false, '/api/trips/18'); // The counts come with the next request that is taken.
        const others = sofar.filter(({ request: { path } }) => path === '/api/trips/17').length;
        return others + (sofar.at(-1)?.dropped ?? 0) >= answered;
      };
      expect(await waitUntil(isAllThere, { budgetMs: 80_000, everyMs: 20 })).toBe(true);
    });
    expect(taken.at(-1)?.lost).toBe(0);
    expect(await ready()).toBe(200);
  }, 600_000);

  it('kills a unit in every worker at once', async () => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ unit: 'trips', killed: true });
    const answer = await fetch(`${adminUrl}/v1/kill`, { method: 'POST', headers, body });
    expect(await answer.json()).toEqual({ killed: ['trips'], kept: true });
    const text = await (await fetch(`${adminUrl}/metrics`, { headers })).text();
    expect(text).toMatch(/banyan_edge_killed\{unit="trips"\} 1/);
  });

  it('goes on recording when workers are killed -9, and says that something is missing', async () => {
    const [to, har] = [join(folder, 'trips.jsonl'), join(folder, 'trips.har')];
    const args = ['cli/banyan.mjs', '--json', 'record', 'trips', '--to', to, '--har', har, '--share', '1'];
    const command = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [printed, ended] = [text(command.stdout), once(command, 'exit')];
    const isRecorded = async (path: string): Promise<boolean> => {
      await ask(false, path, as(7)).catch(() => undefined); // Meanwhile nobody may be there to answer.
      return existsSync(to) && readFileSync(to, 'utf8').includes(path);
    };
    expect(await waitUntil(() => isRecorded('/api/trips/901'), { budgetMs: 50_000, everyMs: 20 })).toBe(true);
    const victims = workers();
    for (const victim of victims) process.kill(victim, 'SIGKILL');
    const areGone = (): boolean => !workers().some((pid) => victims.includes(pid));
    expect(await waitUntil(areGone, { budgetMs: 50_000, everyMs: 20 })).toBe(true);
    for (const path of ['/api/trips/902', '/api/trips/903'])
      expect(await waitUntil(() => isRecorded(path), { budgetMs: 80_000, everyMs: 20 })).toBe(true);
    command.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    const said = JSON.parse(await printed) as object;
    const lines = readFileSync(to, 'utf8').trim().split('\n').slice(1);
    expect(said).toEqual({ unit: 'trips', file: to, taken: lines.length, dropped: 0, lost: 2 });
    expect(new Set(lines.map((line) => (JSON.parse(line) as RecordedRequest).session))).toEqual(new Set(['user-1']));
    const { log } = JSON.parse(readFileSync(har, 'utf8')) as { log: { entries: { startedDateTime: string }[] } };
    const times = log.entries.map(({ startedDateTime }) => startedDateTime);
    expect(times).toHaveLength(lines.length);
    expect(times).toEqual(times.toSorted());
  }, 600_000);

  it('ends with 0 within its drain when it is told to, and says before that it is not ready', async () => {
    const { failures } = await underLoad(async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    expect(failures).toEqual([]);
    process.kill(edge.pid, 'SIGTERM');
    const started = performance.now();
    expect(await edge.ended).toBe(0);
    expect(performance.now() - started).toBeLessThan(30_000);
  }, 600_000);

  it('does not start, and says why, when its port is taken', async () => {
    const { port } = legacy.address() as AddressInfo;
    const { exitCode, output } = await runProgram({
      args: ['cli/banyan.mjs', 'edge'],
      env: { ...env, PORT: String(port) },
    });
    expect(exitCode).toBe(1);
    expect(output).toMatch(/EADDRINUSE/);
    expect(output).toMatch(/EDGE_WORKER_FAILED: worker \d ended with code 1 before it took requests/);
  }, 600_000);
});
