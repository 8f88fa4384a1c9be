import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { waitUntil } from '../../shared/index.ts';
import { Client } from '../conformance/wire/client.ts';
import { answer, OK, RawTarget, type Request } from '../conformance/wire/target.ts';
import { startProgram, type Program } from '../support/program.ts';

const NOBODY = 'http://127.0.0.1:1';
/** Loaded in front of the command, as a fault of some library would be. */
const FAULT = `process.on('SIGUSR2',()=>{throw new Error('nobody caught this')})`;

let folder: string;
let legacy: RawTarget;
let edge: Program | undefined;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-uncaught-'));
  legacy = await new RawTarget().listen();
});
afterEach(async () => {
  await edge?.kill();
  await legacy.close();
  rmSync(folder, { recursive: true, force: true });
});

it('case 90: a fault nobody caught lets what is under way end, and then the process', async () => {
  const held: Request[] = [];
  legacy.atEnd = (request) => void held.push(request);
  edge = await startEdge();
  const client = new Client(Number(new URL(edge.ready).port));
  client.send('GET /own HTTP/1.1\nHost: fleet\n\n');
  await waitUntil(() => held.length === 1, { budgetMs: 20_000 });
  process.kill(edge.pid, 'SIGUSR2');
  await waitUntil(() => edge?.stderr().includes('nobody caught this') ?? false, { budgetMs: 20_000 });
  for (const request of held) answer(OK)(request, 1);
  expect((await client.hear()).answers[0]?.status).toBe(200);
  expect(await waitUntil(() => !isRunning(edge?.pid ?? 0), { budgetMs: 20_000, everyMs: 50 })).toBe(true);
});

function startEdge(): Promise<Program> {
  return startProgram({
    args: ['--import', `data:text/javascript,${FAULT}`, 'cli/main.ts', '--json', 'edge'],
    env: {
      LEGACY_URL: legacy.url,
      SESSION_SECRET: 'fleet-session-secret-of-the-example',
      BANYAN_IDENTITY_KEY: 'identity-key-of-the-example-32-chars',
      BANYAN_ADMIN_TOKEN: 'admin-token-of-the-example',
      TRIPS_URL: NOBODY,
      TRIPS_DATABASE_URL: 'mysql://nobody@127.0.0.1:1/trips',
      BANYAN_SYNC_URL: NOBODY,
      BANYAN_CONTROL_URL: NOBODY,
      BANYAN_FLAGS: join(folder, 'flags.json'),
      BANYAN_STAGES: join(folder, 'stages.json'),
      BANYAN_METRICS_PORT: '0',
      PORT: '0',
    },
    readyWhen: /"edge":"([^"]+)"/,
  });
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
