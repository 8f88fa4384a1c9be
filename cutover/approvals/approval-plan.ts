import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';

/** The steps a plan may want approved. Ways back never wait for anybody. */
export const approvedSteps = ['shadow', 'canary', 'reads', 'cutover', 'retire'] as const;

export type ApprovedStep = (typeof approvedSteps)[number];

const approver = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.-]+(@[\w.-]+)?$/, 'expected a user name, or user@host')
    .describe('as the journal says it; without @ on any host'),
  key: z
    .string()
    .refine(isPublicKey, 'expected what `banyan approver-key` printed')
    .describe('public Ed25519 key, base64url'),
});

const need = z.strictObject({
  before: z.enum(approvedSteps),
  count: z.number().int().min(1).describe('how many of the approvers, besides the one who acts'),
  validMinutes: z
    .number()
    .int()
    .min(1)
    .max(30 * 1440)
    .describe('how long an approval may count'),
});

export const approvalsShape = z
  .strictObject({ approvers: z.array(approver).min(1), needed: z.array(need).min(1) })
  .describe('steps that wait until so many others have signed them: banyan approve');

export type ApprovalPlan = z.infer<typeof approvalsShape>;
export type ApprovalNeed = z.infer<typeof need>;

/** The raw 32 bytes of an Ed25519 key as a JWK takes them. */
export function publicKeyOf(key: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key }, format: 'jwk' });
}

function isPublicKey(key: string): boolean {
  try {
    return publicKeyOf(key).asymmetricKeyType === 'ed25519';
  } catch {
    return false;
  }
}
