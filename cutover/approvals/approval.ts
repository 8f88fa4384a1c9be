import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { approvedSteps, publicKeyOf } from './approval-plan.ts';

const statementSchema = z.strictObject({
  unit: z.string(),
  step: z.enum(approvedSteps),
  /** SHA-256 of the plan file that was looked at. */
  planDigest: z.string().regex(/^[0-9a-f]{64}$/),
  /** The unit's epoch at which it was looked at. */
  epoch: z.number().int().min(0),
  approver: z.string().min(1).max(128),
  reason: z.string().min(1).max(2_000),
  expiresAt: z.iso.datetime(),
});

export const approvalSchema = statementSchema.extend({ signature: z.string().max(200) });

/** What an approver agrees to. */
export type Statement = z.infer<typeof statementSchema>;

/** A statement with the approver's Ed25519 signature, base64url. */
export type Approval = z.infer<typeof approvalSchema>;

/** Every part under a name of its own: no two statements have the same text. */
function textOf({ unit, step, planDigest, epoch, approver, reason, expiresAt }: Statement): Buffer {
  const parts = ['banyan-approval-1', unit, step, planDigest, epoch, approver, reason, expiresAt];
  return Buffer.from(JSON.stringify(parts));
}

export function signApproval(statement: Statement, key: KeyObject): Approval {
  return { ...statement, signature: sign(null, textOf(statement), key).toString('base64url') };
}

/** `key` as the plan has it. */
export function isSignedBy(approval: Approval, key: string): boolean {
  return verify(null, textOf(approval), publicKeyOf(key), Buffer.from(approval.signature, 'base64url'));
}

/** What belongs into the plan for this private key. */
export function publicPartOf(key: KeyObject): string {
  return createPublicKey(key).export({ format: 'jwk' }).x ?? '';
}
