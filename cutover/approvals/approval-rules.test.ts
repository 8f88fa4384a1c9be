import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { publicPartOf, signApproval, type Approval, type Statement } from './approval.ts';
import { judgeApprovals, problemOf, type ApprovalContext } from './approval-rules.ts';

const keys = Object.fromEntries(
  ['ada', 'bob@ops', 'cy'].map((name) => [name, generateKeyPairSync('ed25519').privateKey]),
) as Record<string, KeyObject>;
const approvers = Object.entries(keys).map(([name, key]) => ({ name, key: publicPartOf(key) }));
const need = { before: 'cutover', count: 2, validMinutes: 60 } as const;
const nowMs = Date.parse('2026-11-21T08:00:00Z');
const planDigest = 'a'.repeat(64);
const context: ApprovalContext = {
  unit: 'trips',
  plan: { approvers, needed: [need] },
  need,
  planDigest,
  since: 7,
  nowMs,
  by: 'dan@laptop',
};

function approved(approver: string, change: Partial<Statement> = {}): Approval {
  const key = keys[approver];
  if (!key) throw new RangeError(approver);
  const expiresAt = '2026-11-21T08:30:00.000Z';
  const statement = { unit: 'trips', step: 'cutover', planDigest, epoch: 9, reason: 'seen', expiresAt } as const;
  return signApproval({ ...statement, approver, ...change }, key);
}

describe('an approval', () => {
  it('counts when it is signed for what is in force', () => {
    expect(problemOf(approved('ada'), context)).toBeUndefined();
  });

  it.each<[string, Approval]>([
    ['eve is no approver of the plan', approved('ada', { approver: 'eve' })],
    ['its signature is not that of cy', approved('ada', { approver: 'cy' })],
    ['its signature is not that of ada', { ...approved('ada'), epoch: 10 }],
    ['its signature is not that of ada', { ...approved('ada'), signature: 'AAAA' }],
    ['it is for cutover of users', approved('ada', { unit: 'users' })],
    ['it is for reads of trips', approved('ada', { step: 'reads' })],
    ['it is for plan bbbbbbbbbbbb, in force is aaaaaaaaaaaa', approved('ada', { planDigest: 'b'.repeat(64) })],
    ['it is of epoch 6; trips moved at epoch 7', approved('ada', { epoch: 6 })],
    ['it expired at 2026-11-21T08:00:00.000Z', approved('ada', { expiresAt: '2026-11-21T08:00:00.000Z' })],
    ['at most 60 min count', approved('ada', { expiresAt: '2026-11-21T09:00:01.000Z' })],
  ])('does not: %s', (problem, approval) => {
    expect(problemOf(approval, context)).toContain(problem);
  });

  it.each([
    ['ada', 'ada@laptop'],
    ['bob@ops', 'bob@ops'],
    ['bob@ops', 'bob'],
  ])('of %s does not count for what %s does', (approver, by) => {
    expect(problemOf(approved(approver), { ...context, by })).toBe(`${approver} may not approve what ${by} does`);
  });

  it('of bob@ops counts for what another bob does', () => {
    expect(problemOf(approved('bob@ops'), { ...context, by: 'bob@home' })).toBeUndefined();
  });
});

describe('the gate', () => {
  it('passes with k of n', () => {
    expect(judgeApprovals([approved('ada'), approved('cy')], context)).toMatchObject({ verdict: 'pass' });
  });

  it('counts two approvals of one approver once', () => {
    const gate = judgeApprovals([approved('ada'), approved('ada', { reason: 'again' })], context);
    expect(gate).toMatchObject({ verdict: 'fail', value: '1 of 2; ada', next: 'banyan approve trips cutover' });
  });

  it('says of each that does not count why', () => {
    const gate = judgeApprovals([approved('ada'), approved('cy')], { ...context, by: 'cy@laptop' });
    expect(gate).toMatchObject({
      verdict: 'fail',
      value: '1 of 2; ada; not cy: cy may not approve what cy@laptop does',
    });
  });
});
