import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunStanding, WireReport } from '../../cutover/index.ts';
import { createTraffic, type Traffic } from '../../legacy/index.ts';
import { waitUntil } from '../../shared/index.ts';
import { startDistributed, type Distributed } from '../support/distributed.ts';
import { createOperator, type Operator } from '../support/operator.ts';
import { quickPlans } from '../support/plans.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let banyan: Distributed;
let traffic: Traffic[];
let operator: Operator;
let plans: string;

beforeAll(async () => {
  world = await startWorld({ size: { users: 60, vehicles: 10, trips: 500 } });
  plans = quickPlans();
  banyan = await startDistributed(world, { BANYAN_PLANS: plans }, { edges: 2 });
  operator = createOperator({ ...world.env, BANYAN_PLANS: plans });
  traffic = banyan.edgeUrls.map((baseUrl, i) =>
    createTraffic({ baseUrl, users: { from: 11 + 20 * i, count: 20 }, requestsPerSecond: 30 }),
  );
  for (const one of traffic) await one.start();
  await banyan.walkTo('shadow');
}, 600_000);

afterAll(async () => {
  for (const one of traffic) await one.stop();
  await banyan.stop();
  await world.stop();
}, 600_000);

const seen = async (): Promise<WireReport> =>
  (await banyan.control.get<{ report: WireReport }>('/v1/units/trips/shadow/report')).report;
const samplesOf = ({ routes }: WireReport): number => routes.reduce((sum, { samples }) => sum + samples, 0);
const until = async (ready: () => Promise<boolean>): Promise<boolean> =>
  waitUntil(() => ready().catch(() => false), { budgetMs: 60_000, everyMs: 250 });

describe('banyan shadow, with two edges', () => {
  it('has begun a run by itself, whose verdict is the gate of the canary', async () => {
    expect(await until(async () => (await seen()).run.who === 'banyan')).toBe(true);
    const { gates } = await banyan.control.get<{ gates: { gate: string }[] }>('/v1/units/trips/gates');
    expect(gates.map(({ gate }) => gate)).toContain('shadow');
  });

  it('begins one of its own, which both edges take part in, and passes it', async () => {
    await operator.run('shadow', 'stop', 'trips', '--reason', 'another one');
    await operator.run('shadow', 'start', 'trips', '--name', 'proof', '--seed', '7', '--reason', 'proof');
    expect(await until(async () => (await seen()).verdict === 'pass')).toBe(true);
    const { last } = await operator.run<{ last: RunStanding }>('shadow', 'status', 'trips');
    expect(last).toMatchObject({ verdict: 'pass', isCurrent: true, run: { name: 'proof', sampling: { seed: 7 } } });
  }, 600_000);

  it('loses nothing when control is killed, and what a killed edge had told', async () => {
    await new Promise((resolve) => setTimeout(resolve, 4_000)); // What was told is written every three seconds.
    const before = samplesOf(await seen());
    await Promise.all([banyan.kill('control'), banyan.kill('edge-2')]);
    await Promise.all([banyan.start('control'), banyan.start('edge-2')]);
    expect(await until(async () => samplesOf(await seen()) >= before)).toBe(true);
    expect((await seen()).run.name).toBe('proof');
  }, 600_000);

  it('reports it as a page, adds a rule to the plan, and judges it again by that', async () => {
    const page = join(plans, 'report.html');
    await operator.run('shadow', 'report', 'trips', '--html', page);
    const text = readFileSync(page, 'utf8');
    expect(text).toContain('proof <span class="verdict pass">pass</span>');
    expect(text).not.toMatch(/https?:\/\/(?!www\.w3\.org)|<script/);
    const rule = ['GET /api/trips', '$.trips[*].note', '--rule', 'drop', '--owner', 'rides', '--until', '2126-01-31'];
    await operator.run('shadow', 'ignore', 'trips', ...rule, '--reason', 'proof');
    expect(readFileSync(join(plans, 'trips/plan.yaml'), 'utf8')).toContain('$.trips[*].note');
    expect(await operator.run('shadow', 'replay', 'trips')).toMatchObject({ run: 'proof', verdict: 'pass' });
    const wrong = await operator.attempt('shadow', 'ignore', 'trips', ...rule.with(3, 'nothing'), '--reason', 'proof');
    expect(wrong).toMatchObject({ exitCode: 2 });
    expect(wrong.output).toContain('PLAN_INVALID');
  }, 600_000);
});
