import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createTraffic, type Traffic } from '../../legacy/index.ts';
import { messageOf, waitUntil } from '../../shared/index.ts';
import {
  startMariaDb,
  startPostgres,
  startUnleash,
  type MariaDb,
  type Postgres,
  type Unleash,
} from '../../stack/index.ts';
import { startDistributed, type Distributed } from '../support/distributed.ts';
import { quickPlans } from '../support/plans.ts';
import { runProgram, type ProgramEnd } from '../support/program.ts';
import { sessionOf } from '../support/session.ts';
import { startWorld, type World } from '../support/world.ts';

// Many servers and processes, each of which needs its time on two cores.
jest.setTimeout(180_000);

const MEMBER = 90;
const WHY = ['--reason', 'proof'];

let world: World;
let database: Postgres;
let unleash: Unleash;
let controlDb: MariaDb;
let env: Record<string, string>;
let banyan: Distributed;
let traffic: Traffic;

beforeAll(async () => {
  [world, database, controlDb] = await Promise.all([
    startWorld({ size: { users: 100, vehicles: 20, trips: 500 } }),
    startPostgres(),
    startMariaDb({ serverId: 3 }),
  ]);
  unleash = await startUnleash({ database: database.url });
  await controlDb.sql('CREATE DATABASE banyan CHARACTER SET utf8mb4');
  env = {
    ...world.env,
    BANYAN_PLANS: quickPlans(),
    CONTROL_DATABASE_URL: controlDb.url('root', '', 'banyan'),
    UNLEASH_URL: unleash.url,
    UNLEASH_API_TOKEN: unleash.tokens.development,
    BANYAN_FLAGS_TOKEN: 'token-of-our-flag-server',
    BANYAN_FLAGS_SNAPSHOT: join(world.env['BANYAN_FLAGS'] ?? '', '..', 'last.json'),
    KILL_FILE: join(world.env['BANYAN_FLAGS'] ?? '', '..', 'banyan.kill'),
  };
  banyan = await startDistributed(world, env);
  traffic = createTraffic({ baseUrl: banyan.edgeUrl, users: { from: 11, count: 20 }, requestsPerSecond: 60 });
  await traffic.start();
  await sessionOf(banyan.edgeUrl, MEMBER);
}, 600_000);

afterAll(async () => {
  await traffic?.stop();
  await banyan?.stop();
  await unleash?.stop();
  await Promise.all([database?.stop(), controlDb?.stop(), world?.stop()]);
});

/** As an operator does it; the token that may change flags is theirs alone. Answers what it printed. */
async function operator(exitCode: number, ...args: string[]): Promise<string> {
  const end = await tried(...args);
  expect({ args, ...end }).toMatchObject({ exitCode });
  return end.output;
}

function tried(...args: string[]): Promise<ProgramEnd> {
  return runProgram({ args: ['cli/banyan.mjs', ...args], env: { ...env, UNLEASH_ADMIN_TOKEN: unleash.adminToken } });
}

async function decision(): Promise<string> {
  const headers = { ...(await sessionOf(banyan.edgeUrl, MEMBER)), 'x-banyan-explain': '1' };
  const answer = await fetch(`${banyan.edgeUrl}/api/trips`, { headers });
  await answer.text();
  return `${answer.headers.get('x-banyan-target')} ${answer.headers.get('x-banyan-reason')}`;
}

async function eventually(expected: string, budgetMs = 20_000): Promise<void> {
  let last = '';
  await waitUntil(async () => (last = await decision().catch(messageOf)) === expected, { budgetMs, everyMs: 20 });
  expect(last).toBe(expected);
}

describe('banyan with Unleash', () => {
  it('has the doctor look at its flags, with the token of the edges', async () => {
    const seen = async (UNLEASH_API_TOKEN: string): Promise<string> => {
      const { output } = await runProgram({
        args: ['cli/banyan.mjs', 'doctor', '--all'],
        env: { ...env, UNLEASH_API_TOKEN },
      });
      return output
        .split('\n')
        .filter((line) => /UNLEASH_API_TOKEN|flag banyan/.test(line))
        .join('\n');
    };
    expect(await seen(unleash.tokens.development)).toMatch(/^warning +flag banyan\.trips .* not there/);
    expect(await seen('*:development.wrong')).toMatch(/^problem .* unauthorized/);
  });

  it('makes the flags of a unit once, and says what is not as the plan needs it', async () => {
    expect(await operator(1, 'flags', 'check')).toContain('not there');
    expect(await operator(2, 'cohort', 'trips', 'beta', 'add', '90', ...WHY)).toContain('banyan flags create');
    expect(await operator(0, 'flags', 'create', 'trips', ...WHY)).toContain('the flags of trips are made');
    expect(await operator(0, 'flags', 'create', 'trips', ...WHY)).toContain('the flags of trips are all there');
    expect(await operator(0, 'flags', 'check')).toContain('0 finding(s)');
  });

  it('sends the members of a cohort to the service, and nobody else', async () => {
    await eventually('legacy stage-legacy');
    await banyan.walkTo('canary');
    await eventually('legacy above-ceiling');
    await operator(0, 'cohort', 'trips', 'beta', 'add', String(MEMBER), ...WHY);
    await eventually('service exposed');
    expect(await operator(0, 'cohort', 'trips', 'beta', 'list')).toBe(`${MEMBER}\n`);
  });

  it('gives them on to SDKs from the control process, to whoever has the token for that and no other', async () => {
    const read = async (token: string | undefined): Promise<string> => {
      const headers = { authorization: token ?? '' };
      const answer = await fetch(`${env['BANYAN_CONTROL_URL']}/api/client/features`, { headers });
      return `${answer.status} ${(await answer.text()).includes('"banyan.trips.beta"')}`;
    };
    expect(await read(env['BANYAN_FLAGS_TOKEN'])).toBe('200 true');
    expect(await read(env['BANYAN_ADMIN_TOKEN'])).toBe('401 false');
  });

  it('says which token is missing, and changes nothing then', async () => {
    const end = await runProgram({ args: ['cli/banyan.mjs', 'cohort', 'trips', 'beta', 'remove', '90', ...WHY], env });
    expect(end).toMatchObject({ exitCode: 1, output: expect.stringContaining('UNLEASH_ADMIN_TOKEN') });
    expect(await decision()).toBe('service exposed');
  });

  it('goes on with the last flags while Unleash is away, also after a restart, and raises nothing', async () => {
    await unleash.kill();
    await traffic.pause();
    await banyan.kill('edge');
    await banyan.start('edge');
    await eventually('service exposed');
    const isFrozen = async (): Promise<boolean> => /flags\s+fail/.test((await tried('stage', 'trips')).output);
    expect(await waitUntil(isFrozen, { budgetMs: 60_000 })).toBe(true);
    expect(await operator(1, 'stage', 'trips', 'next', ...WHY)).toContain('flags');
  });

  it('kills a unit at once while Unleash and the control database are down, by command and by file', async () => {
    await controlDb.kill();
    expect(await operator(0, 'kill', 'trips', ...WHY)).toContain('the flag is not switched off');
    expect(await decision()).toBe('legacy killed');
    writeFileSync(env['KILL_FILE'] ?? '', '');
    await eventually('service exposed', 2_000);
    writeFileSync(env['KILL_FILE'] ?? '', 'trips\n');
    await eventually('legacy killed', 2_000);
    writeFileSync(env['KILL_FILE'] ?? '', '');
    await eventually('service exposed', 2_000);
  });

  it('listens to Unleash again by itself', async () => {
    await Promise.all([unleash.start(), controlDb.start()]);
    await operator(0, 'kill', 'trips', ...WHY);
    writeFileSync(env['KILL_FILE'] ?? '', '');
    await eventually('legacy killed');
    await operator(0, 'kill', 'trips', '--undo', ...WHY);
    await eventually('service exposed');
  });
});
