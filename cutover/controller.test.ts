import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { publicPartOf, signApproval } from './approvals/approval.ts';
import type { Controller } from './controller.ts';
import { controllerOn, type ModelOptions } from './testing/model-controller.fixture.ts';
import { ModelWorld, UNIT } from './testing/model-world.fixture.ts';
import { FreeProcess } from './testing/schedule.fixture.ts';

const ada = generateKeyPairSync('ed25519').privateKey;
const approvals = {
  approvers: [{ name: 'ada', key: publicPartOf(ada) }],
  needed: [{ before: 'cutover' as const, count: 1, validMinutes: 60 }],
};

async function started(
  options: ModelOptions = { plan: { approvals } },
): Promise<{ world: ModelWorld; controller: Controller }> {
  const world = new ModelWorld({ name: 'reads' });
  const controller = controllerOn(world, new FreeProcess('control'), options);
  await controller.start();
  return { world, controller };
}

async function approve(controller: Controller, what: 'cutover' | 'retire' = 'cutover'): Promise<void> {
  const { unit, step, planDigest, epoch } = await controller.approvalRequest(UNIT, what);
  const expiresAt = new Date(Date.now() + 60_000).toISOString();
  const statement = { unit, step, planDigest, epoch, approver: 'ada', reason: 'seen', expiresAt };
  await controller.approve(UNIT, signApproval(statement, ada));
}

describe('a cutover that the plan wants approved', () => {
  it('is refused without approvals, or with those of who acts, and nothing changes', async () => {
    const { world, controller } = await started();
    const before = world.record;
    const missing = await controller.handOver(UNIT, 'cutover', { who: 'dan@host', reason: 'now' });
    await approve(controller);
    const own = await controller.handOver(UNIT, 'cutover', { who: 'ada@host', reason: 'now' });
    for (const refused of [missing, own]) expect(refused.outcome).toBe('refused');
    expect(world.record).toEqual(before);
    expect(world.journal.map(({ action }) => action)).toEqual(['cutover-refused', 'approve', 'cutover-refused']);
  });

  it('is done once somebody else has approved it, and its rollback waits for nobody', async () => {
    const { world, controller } = await started();
    await approve(controller);
    const intent = { who: 'dan@host', reason: 'now', evidence: ['https://tickets/1'] };
    expect(await controller.handOver(UNIT, 'cutover', intent)).toMatchObject({ outcome: 'done' });
    expect(world.journal.find(({ action }) => action === 'cutover-begun')?.evidence).toEqual(['https://tickets/1']);
    expect(await controller.handOver(UNIT, 'rollback', intent)).toMatchObject({ outcome: 'done' });
  });

  it('waits for the approvals in the status of the migration', async () => {
    const { controller } = await started();
    const [status] = await controller.status();
    const next = status && (await controller.nextStep(status));
    expect([next?.to, next?.waitsFor.map(({ gate }) => gate)]).toEqual(['owned', ['approvals']]);
    await approve(controller);
    expect(status && (await controller.nextStep(status))).toEqual({ to: 'owned', waitsFor: [] });
  });

  it('shows the approvals among the gates of the next step', async () => {
    const { controller } = await started();
    expect((await controller.gates(UNIT)).at(-1)).toMatchObject({
      gate: 'approvals',
      verdict: 'fail',
      value: '0 of 1',
    });
  });
});

describe('a retirement that the plan wants approved', () => {
  const dan = { who: 'dan@host', reason: 'nobody needs it', confirmed: true };

  /** At owned, for longer than the plan wants it, with nobody seen at legacy. */
  async function owned(): Promise<{ world: ModelWorld; controller: Controller }> {
    const needed = [{ before: 'retire' as const, count: 1, validMinutes: 60 }];
    const dataOwnership = {
      legacy: { schema: 'fleet', tables: ['trips'] },
      service: { schema: 'trips', tables: ['trip'] },
    };
    const plan = { approvals: { ...approvals, needed }, dataOwnership, retirement: { quietDays: 1, callers: [] } };
    const ever = { since: new Date(0).toISOString(), lookedAt: new Date(2 * 86_400_000).toISOString() };
    const callers = { callersOf: () => Promise.resolve({ writes: [], unsure: 0, openPercent: 100, ...ever }) };
    const uses = { read: () => Promise.resolve({ routes: [], ...ever }) };
    const { world, controller } = await started({ plan, evidence: { callers, uses } });
    expect(await controller.handOver(UNIT, 'cutover', dan)).toMatchObject({ outcome: 'done' });
    world.passTime(2 * 86_400_000);
    return { world, controller };
  }

  it('is refused without approvals, or with those of who acts, and the way back stays', async () => {
    const { world, controller } = await owned();
    const asked = await controller.retire(UNIT, { ...dan, dryRun: true });
    expect(asked.gates.flatMap(({ gate, verdict }) => (verdict === 'pass' ? [] : [gate]))).toEqual(['approvals']);
    const before = world.record;
    expect(await controller.retire(UNIT, dan)).toMatchObject({ outcome: 'refused' });
    await approve(controller, 'retire');
    expect(await controller.retire(UNIT, { ...dan, who: 'ada@host' })).toMatchObject({ outcome: 'refused' });
    expect(world.record).toEqual(before);
    expect(await controller.handOver(UNIT, 'rollback', dan)).toMatchObject({ outcome: 'done' });
  });

  it('is done once somebody else has approved it', async () => {
    const { world, controller } = await owned();
    await approve(controller, 'retire');
    expect(await controller.retire(UNIT, dan)).toMatchObject({ outcome: 'retired' });
    expect(world.record.stage).toEqual({ name: 'retired' });
  });
});
