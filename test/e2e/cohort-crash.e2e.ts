import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Direction } from '../../cutover/index.ts';
import { createTraffic } from '../../legacy/index.ts';
import { openConnection, waitUntil } from '../../shared/index.ts';
import { startBanyan, type Banyan } from '../support/banyan.ts';
import { cohortPlans } from '../support/plans.ts';
import { runProgram } from '../support/program.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
const plans = { BANYAN_PLANS: cohortPlans() };
const keys = ['11', '12', '13'];

beforeAll(async () => {
  world = await startWorld({ size: { users: 100, vehicles: 20, trips: 1_000 }, ownNumbers: true });
  const banyan = await startBanyan(world, {}, plans);
  const traffic = createTraffic({ baseUrl: banyan.edgeUrl, users: { from: 11, count: 20 }, requestsPerSecond: 100 });
  await traffic.start();
  await banyan.walkTo('reads');
  await traffic.stop();
  await banyan.stop();
}, 600_000);

afterAll(() => world.stop());

async function dieAfter(step: string, direction: Direction): Promise<void> {
  const told = { KILL_AFTER: step, DIRECTION: direction, COHORT_KEYS: keys.join(','), LOG_LEVEL: 'error' };
  const env = { ...world.env, ...plans, ...told };
  const { exitCode, output } = await runProgram({ args: ['test/support/handover-main.ts'], env });
  if (exitCode !== -1) throw new Error(`ended with ${exitCode} instead of dying after ${step}: ${output}`);
}

async function withBanyan<T>(work: (banyan: Banyan) => Promise<T>): Promise<T> {
  const banyan = await startBanyan(world, {}, plans);
  try {
    return await work(banyan);
  } finally {
    await banyan.stop();
  }
}

/** What the next controller makes of it. */
async function settledCohorts(): Promise<unknown> {
  return withBanyan(async (banyan) => {
    const [status] = await banyan.controller.status();
    expect(status?.record).toMatchObject({ owner: 'legacy', stage: { name: 'reads' } });
    expect(status?.record.handover).toBeUndefined();
    return status?.record.cohorts;
  });
}

/** Which applications their own databases let write the rows of a user. */
async function writersOf(user: number): Promise<string[]> {
  const attempts = [
    ['legacy', world.legacyDb.url('fleet_app', 'example', 'fleet'), 'UPDATE trips SET note = note WHERE user_id = ?'],
    ['service', world.serviceDb.url('trips_app', 'example', 'trips'), 'UPDATE trip SET note = note WHERE rider_id = ?'],
  ] as const;
  const able: string[] = [];
  for (const [side, url, sql] of attempts) {
    const connection = await openConnection(url);
    const isWritten = await connection.query(sql, [user]).then(
      () => true,
      () => false,
    );
    if (isWritten) able.push(side);
    connection.destroy();
  }
  return able;
}

describe('a controller killed -9 in the handover of a cohort', () => {
  it.each(['hold', 'fence', 'position', 'catch-up', 'verify'])(
    'invariant 8: after %s, the next one cancels it and legacy writes their rows again',
    async (step) => {
      await dieAfter(step, 'cutover');
      expect(await settledCohorts()).toBeUndefined();
      expect([await writersOf(11), await writersOf(60)]).toEqual([['legacy'], ['legacy']]);
    },
    600_000,
  );

  it.each(['journal', 'grant'])(
    'invariant 2: after %s, the next one finishes it; of their return as well',
    async (step) => {
      await dieAfter(step, 'cutover');
      expect(await settledCohorts()).toEqual({ beta: keys });
      expect([await writersOf(11), await writersOf(60)]).toEqual([['service'], ['legacy']]);
      await dieAfter(step, 'rollback');
      expect(await settledCohorts()).toBeUndefined();
      expect([await writersOf(11), await writersOf(60)]).toEqual([['legacy'], ['legacy']]);
    },
    600_000,
  );

  it('invariant 8: before the journal row of a return, leaves the rows with the service', async () => {
    await dieAfter('grant', 'cutover');
    await settledCohorts();
    await dieAfter('fence', 'rollback');
    expect(await settledCohorts()).toEqual({ beta: keys });
    expect([await writersOf(11), await writersOf(60)]).toEqual([['service'], ['legacy']]);
    await dieAfter('grant', 'rollback');
    expect(await settledCohorts()).toBeUndefined();
  }, 600_000);

  it('leaves both sides equal after all of it', async () => {
    await withBanyan(async (banyan) => {
      const reverseRuns = (): boolean => banyan.units.get('trips')?.reverse.state().kind === 'streaming';
      expect(await waitUntil(reverseRuns, { budgetMs: 30_000 })).toBe(true);
      expect((await banyan.controller.verify('trips', 'forward', {})).findings).toEqual([]);
      expect((await banyan.controller.verify('trips', 'reverse', {})).findings).toEqual([]);
    });
  }, 600_000);
});
