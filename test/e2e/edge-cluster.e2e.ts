import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { messageOf, waitUntil } from '../../shared/index.ts';
import { freePort } from '../../stack/index.ts';
import { runProgram, startProgram, type Program } from '../support/program.ts';

const TOKEN = 'admin-token-of-the-example';

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
    SESSION_SECRET: 'fleet-session-secret-of-the-example',
    BANYAN_IDENTITY_KEY: 'identity-key-of-the-example-32-chars',
    BANYAN_ADMIN_TOKEN: TOKEN,
    BANYAN_CONTROL_URL: 'http://127.0.0.1:1',
    BANYAN_SYNC_URL: 'http://127.0.0.1:1',
    BANYAN_FLAGS: join(folder, 'flags.json'),
    BANYAN_STAGES: join(folder, 'stages.json'),
    KILL_FILE: join(folder, 'kill'),
    LOG_LEVEL: 'fatal',
    PORT: '0',
    BANYAN_METRICS_PORT: String(adminPort),
    BANYAN_EDGE_WORKERS: '2',
    BANYAN_DRAIN_MS: '3000',
  };
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

async function ask(agent: Agent): Promise<void> {
  const asked = request(`${edge.ready}/api/vehicles`, { agent }).end();
  const [answer] = (await once(asked, 'response')) as [NodeJS.ReadableStream & { statusCode?: number }];
  answer.resume();
  await once(answer, 'end');
  if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}`);
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
    const { answered, failures } = await underLoad(async () => {
      process.kill(edge.pid, 'SIGHUP');
      const isNew = (): boolean => workers().length === 2 && workers().every((pid) => !before.includes(pid));
      expect(await waitUntil(isNew, { budgetMs: 80_000, everyMs: 20 })).toBe(true);
    });
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(100);
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
