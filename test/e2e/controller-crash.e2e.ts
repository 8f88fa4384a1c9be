import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Direction } from '../../cutover/index.ts';
import { createTraffic } from '../../legacy/index.ts';
import { openConnection, waitUntil } from '../../shared/index.ts';
import { startBanyan, type Banyan } from '../support/banyan.ts';
import { runProgram } from '../support/program.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld({ size: { users: 100, vehicles: 20, trips: 1_000 } });
  const banyan = await startBanyan(world);
  const traffic = createTraffic({ baseUrl: banyan.edgeUrl, users: { from: 11, count: 20 }, requestsPerSecond: 100 });
  await traffic.start();
  await banyan.walkTo('reads');
  await traffic.stop();
  await banyan.stop();
}, 600_000);

afterAll(() => world.stop());

async function dieAfter(step: string, direction: Direction): Promise<void> {
  const env = { ...world.env, KILL_AFTER: step, DIRECTION: direction, LOG_LEVEL: 'error' };
  const { exitCode, output } = await runProgram({ args: ['test/support/handover-main.ts'], env });
  if (exitCode !== -1) throw new Error(`ended with ${exitCode} instead of dying after ${step}: ${output}`);
}

async function withBanyan<T>(work: (banyan: Banyan) => Promise<T>): Promise<T> {
  const banyan = await startBanyan(world);
  try {
    return await work(banyan);
  } finally {
    await banyan.stop();
  }
}

/** Which of the two applications its own database lets write. */
async function writers(): Promise<string[]> {
  const attempts = [
    ['legacy', world.legacyDb.url('fleet_app', 'example', 'fleet'), 'UPDATE trips SET note = note ORDER BY id LIMIT 1'],
    [
      'service',
      world.serviceDb.url('trips_app', 'example', 'trips'),
      'UPDATE trip SET note = note ORDER BY id LIMIT 1',
    ],
  ] as const;
  const able = await Promise.all(attempts.map(async ([side, url, sql]) => ((await canWrite(url, sql)) ? [side] : [])));
  return able.flat();
}

async function canWrite(url: string, sql: string): Promise<boolean> {
  const connection = await openConnection(url);
  try {
    await connection.query(sql);
    return true;
  } catch {
    return false;
  } finally {
    await connection.end();
  }
}

const beforeJournal = ['hold', 'fence', 'position', 'catch-up', 'verify'];
const afterJournal = ['journal', 'grant'];

async function settledOwner(): Promise<string | undefined> {
  return withBanyan(async (banyan) => {
    const [status] = await banyan.controller.status();
    expect(status?.record.handover).toBeUndefined();
    return status?.record.owner;
  });
}

describe('a controller killed -9 in a handover', () => {
  it.each(beforeJournal)(
    'invariant 8: after %s of a cutover, the next one cancels it and legacy writes again',
    async (step) => {
      await dieAfter(step, 'cutover');
      expect(await settledOwner()).toBe('legacy');
      expect(await writers()).toEqual(['legacy']);
    },
    600_000,
  );

  it.each(afterJournal)(
    'invariant 2: after %s of a cutover, the next one finishes it; of a rollback as well',
    async (step) => {
      await dieAfter(step, 'cutover');
      expect(await settledOwner()).toBe('service');
      expect(await writers()).toEqual(['service']);
      await dieAfter(step, 'rollback');
      expect(await settledOwner()).toBe('legacy');
      expect(await writers()).toEqual(['legacy']);
    },
    600_000,
  );

  it('leaves both sides equal after all of it', async () => {
    await withBanyan(async (banyan) => {
      const reverseRuns = async (): Promise<boolean> => banyan.units.get('trips')?.reverse.state().kind === 'streaming';
      expect(await waitUntil(reverseRuns, { budgetMs: 10_000 })).toBe(true);
      expect((await banyan.controller.verify('trips', 'forward', {})).findings).toEqual([]);
      expect((await banyan.controller.verify('trips', 'reverse', {})).findings).toEqual([]);
    });
  });
});
