import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JournalEntry } from '../../cutover/index.ts';
import { createTraffic, type Traffic } from '../../legacy/index.ts';
import { waitUntil } from '../../shared/index.ts';
import { startBanyan, who, type Banyan } from '../support/banyan.ts';
import { createOperator, type Operator } from '../support/operator.ts';
import { changedPlans, QUICK_SHADOW } from '../support/plans.ts';
import { startWorld, type World } from '../support/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'banyan-ramp-'));
const key = join(folder, 'approver.pem');
/** Where it is not about to be midnight. */
const timeZone = new Date().getUTCHours() < 12 ? 'UTC' : 'Etc/GMT+12';
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

let world: World;
let banyan: Banyan;
let traffic: Traffic;
let operator: Operator;

beforeAll(async () => {
  world = await startWorld({ size: { users: 100, vehicles: 20, trips: 500 } });
  operator = createOperator(world.env);
  const approver = await operator.run<{ key: string }>('approver-key', key);
  const plans = changedPlans((plan) => {
    Object.assign(plan, {
      approvals: {
        approvers: [{ name: 'zoe', key: approver.key }],
        needed: [{ before: 'canary', count: 1, validMinutes: 60 }],
      },
      ramp: {
        timeZone,
        hours: { days, from: '00:00', to: '23:59' },
        minMinutes: 0,
        minRequests: 50,
        maxRegressions: 1,
      },
    });
    Object.assign(plan['rollout'] ?? {}, { ladder: [{ percent: 50 }, { percent: 100 }] });
    Object.assign(plan['gates'] ?? {}, {
      shadow: QUICK_SHADOW,
      errors: { minRequests: 20 },
    });
  });
  banyan = await startBanyan(world, {}, { BANYAN_PLANS: plans });
  traffic = createTraffic({ baseUrl: banyan.edgeUrl, users: { from: 11, count: 40 }, requestsPerSecond: 120 });
  await traffic.start();
  await banyan.controller.moveStage('trips', { type: 'advance' }, who);
}, 600_000);

afterAll(async () => {
  await traffic?.stop();
  await banyan?.stop();
  await world?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function comesTo(rung: number): Promise<void> {
  let stage: unknown;
  const look = async (): Promise<boolean> => {
    stage = (await banyan.controller.overviews())[0]?.record.stage;
    return JSON.stringify(stage) === JSON.stringify(rung < 0 ? { name: 'shadow' } : { name: 'canary', rung });
  };
  if (await waitUntil(look, { budgetMs: 60_000, everyMs: 50 })) return;
  throw new Error(`at ${JSON.stringify(stage)}: ${JSON.stringify(await operator.run('ramp', 'show', 'trips'))}`);
}

describe('a ramp on real servers', () => {
  it('waits for an approval, and then climbs to the last rung by itself', async () => {
    await operator.run('ramp', 'start', 'trips', '--reason', 'CHG-7', '--evidence', 'https://tickets.test/CHG-7');
    const isHeld = async (): Promise<boolean> =>
      JSON.stringify(await operator.run('ramp', 'show', 'trips')).includes('approvals fail (0 of 1');
    expect(await waitUntil(isHeld, { budgetMs: 30_000, everyMs: 200 })).toBe(true);
    await operator.run('approve', 'trips', 'canary', '--key', key, '--reason', 'looked at');
    await comesTo(1);
  }, 600_000);

  it('goes down by itself when the service dies, and waits for somebody', async () => {
    await world.service.kill();
    const killedAt = performance.now();
    await comesTo(-1);
    const tookMs = performance.now() - killedAt;
    const { state } = await operator.run<{ state: { kind: string; why: string } }>('ramp', 'show', 'trips');
    expect(state).toMatchObject({ kind: 'paused', why: 'regressions at rung 2: 1' });
    expect(tookMs).toBeLessThan(60_000);
    await traffic.pause();
    expect(traffic.report().failures).toEqual([]);
  }, 600_000);

  it('is told by the journal, which holds, and by the figures', async () => {
    const { journal } = await operator.run<{ journal: JournalEntry[] }>('journal', 'trips');
    const told = journal.map(({ action }) => action).filter((action) => /^(ramp|approve)/.test(action));
    expect(told).toEqual(['ramp-start', 'approve', 'ramp-step', 'ramp-step', 'ramp-back']);
    expect(journal.at(-1)?.reason).toMatch(/^(the breakers of \d+ routes opened|no endpoint|errors: )/);
    expect(journal.find(({ action }) => action === 'ramp-start')?.evidence).toEqual(['https://tickets.test/CHG-7']);
    expect(await operator.run('journal', '--verify')).toMatchObject({ holds: true });
    const kpi = await operator.run<{
      delivery: { unit: string }[];
      routes: { side: string; availability: number }[];
    }>('kpi', 'trips');
    expect(kpi.delivery).toEqual([expect.objectContaining({ deployments: 2, failed: 1, changeFailureRate: 0.5 })]);
    expect(new Set(kpi.routes.map(({ side }) => side))).toEqual(new Set(['legacy', 'service']));
  }, 600_000);
});
