import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { useMariaDb } from '../../test/support/index.ts';
import { installControlSchema } from '../control/control-schema.ts';
import { ControlStore } from '../control/control-store.ts';
import type { DeclaredUnit } from '../configuration/declaration.ts';
import type { UnitEvent } from '../unit/unit-transition.ts';
import { publicPartOf, signApproval, type Approval } from './approval.ts';
import { Approvals } from './approvals.ts';

const database = useMariaDb();
const why = { who: 'dan@laptop', reason: 'because', action: 'test' };
const ada = generateKeyPairSync('ed25519').privateKey;
const declared = {
  digest: 'a'.repeat(64),
  plan: {
    unit: 'trips',
    approvals: {
      approvers: [{ name: 'ada', key: publicPartOf(ada) }],
      needed: [{ before: 'cutover', count: 1, validMinutes: 60 }],
    },
  },
} as unknown as DeclaredUnit;
let nowMs = Date.now();
let store: ControlStore;
let approvals: Approvals;

beforeAll(async () => {
  const { pool } = await database.createDatabase();
  await installControlSchema(pool);
  store = new ControlStore(pool);
  approvals = new Approvals(store, () => nowMs);
  await store.register('trips', declared.digest);
  await moveToReads();
});

async function change(event: UnitEvent): Promise<void> {
  await store.change(await store.read('trips'), event, why);
}

/** From legacy: a move also when the unit is there already. */
async function moveToReads(): Promise<void> {
  await change({ type: 'step', step: { type: 'go-to', stage: 'legacy' }, rungs: 1 });
  for (let step = 0; step < 3; step++) await change({ type: 'step', step: { type: 'advance' }, rungs: 1 });
}

async function signed(): Promise<Approval> {
  const { unit, step, planDigest, epoch } = await approvals.request(declared, 'cutover');
  const expiresAt = new Date(nowMs + 3_600_000).toISOString();
  return signApproval({ unit, step, planDigest, epoch, approver: 'ada', reason: 'seen', expiresAt }, ada);
}

async function verdict(by = 'dan@laptop', of = declared): Promise<string | undefined> {
  return (await approvals.gates(of, 'cutover', by))[0]?.verdict;
}

describe('approvals in the journal', () => {
  it('let a step through that the plan wants approved, for whoever did not give them', async () => {
    expect(await verdict()).toBe('fail');
    expect(await approvals.give(declared, await signed())).toMatchObject({ verdict: 'pass' });
    expect(await verdict()).toBe('pass');
    expect(await verdict('ada@desk')).toBe('fail');
    expect((await store.journal.list()).at(-1)).toMatchObject({ who: 'ada', action: 'approve', reason: 'seen' });
  });

  it('outlive a cancelled cutover, which moves nothing', async () => {
    await change({ type: 'begin', direction: 'cutover', who: 'dan', reason: 'x' });
    await change({ type: 'settle' });
    expect(await verdict()).toBe('pass');
  });

  it('end with another plan, with their time, and with the stage they were given at', async () => {
    expect(await verdict('dan@laptop', { ...declared, digest: 'b'.repeat(64) })).toBe('fail');
    const before = nowMs;
    nowMs += 3_600_000;
    expect(await verdict()).toBe('fail');
    nowMs = before;
    const old = await signed();
    await moveToReads();
    expect(await verdict()).toBe('fail');
    await expect(approvals.give(declared, old)).rejects.toThrow(/it is of epoch \d+; trips moved at epoch \d+/);
  });

  it('that are forged are refused and journalled, and change nothing', async () => {
    const before = await store.read('trips');
    const forged = { ...(await signed()), reason: 'another' };
    await expect(approvals.give(declared, forged)).rejects.toMatchObject({ code: 'APPROVAL_REFUSED' });
    await expect(approvals.give(declared, { ...(await signed()), epoch: 1_000 })).rejects.toThrow('which is not yet');
    expect(await store.read('trips')).toEqual(before);
    expect(await verdict()).toBe('fail');
    expect((await store.journal.list()).at(-1)).toMatchObject({ who: 'ada (not proven)', action: 'approve-refused' });
  });

  it('that somebody wrote into the database past this code are checked like any other', async () => {
    const record = await store.read('trips');
    await store.note(record, { ...why, action: 'approve', detail: { ...(await signed()), reason: 'another' } });
    await store.note(record, { ...why, action: 'approve', detail: { nonsense: true } });
    expect(await verdict()).toBe('fail');
  });

  it('are wanted of no step that the plan does not name', async () => {
    expect(await approvals.gates(declared, 'shadow', 'ada')).toEqual([]);
    await expect(approvals.request(declared, 'shadow')).rejects.toThrow('wants no approval of shadow');
  });
});
