import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { cutoverErrors, digestOf, publicPartOf, signApproval } from '../../cutover/index.ts';
import type { ApprovalRequest, ApprovedStep, GateResult } from '../../cutover/index.ts';
import { messageOf } from '../../shared/index.ts';
import { controlClient, type ChangeFlags, type Context } from '../context.ts';
import { durationOf } from '../duration.ts';
import { cliErrors } from '../errors.ts';
import { print } from '../terminal.ts';
import { gatesTable } from './gates.ts';

export interface ApproveFlags extends ChangeFlags {
  readonly key: string;
  readonly for?: string;
  readonly plan?: string;
}

/** Signs that a step of a unit may be done, as the approver whose private key this is. */
export async function approve(context: Context, unit: string, step: ApprovedStep, flags: ApproveFlags): Promise<void> {
  const client = controlClient(context);
  const { reason = '', dryRun = false } = flags;
  if (!reason.trim() && !dryRun)
    throw cutoverErrors.error('REASON_MISSING', { message: `no reason was given for approving ${step} of ${unit}` });
  const key = readKey(flags.key);
  const path = `/v1/units/${encodeURIComponent(unit)}/approvals`;
  const { request } = await client.get<{ request: ApprovalRequest }>(`${path}/${step}`);
  const approver = approverOf(request, key);
  const planDigest = flags.plan === undefined ? request.planDigest : digestOf(readFileSync(flags.plan, 'utf8'));
  const forMs = flags.for === undefined ? request.validMinutes * 60_000 : durationOf(flags.for);
  const expiresAt = new Date(Date.now() + forMs).toISOString();
  const statement = { unit, step, planDigest, epoch: request.epoch, approver, reason, expiresAt };
  const says = `${approver}: ${step} of ${unit} at epoch ${request.epoch}, plan ${planDigest.slice(0, 12)}, until ${expiresAt}`;
  if (dryRun)
    return print(context.output, { ...statement, dryRun }, `would approve as ${says}\n${gatesTable([request.gate])}`);
  const { result } = await client.post<{ result: GateResult }>(path, signApproval(statement, key));
  print(context.output, { ...statement, gate: result }, `approved as ${says}\n${gatesTable([result])}`);
}

/** Makes the private key of an approver and prints what belongs into plans. Never overwrites a file. */
export function approverKey(context: Context, path: string): void {
  const { privateKey } = generateKeyPairSync('ed25519');
  try {
    writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw cliErrors.error('CLI_USAGE', { message: `${path} cannot be written: ${messageOf(error)}`, cause: error });
  }
  const entry = { name: userInfo().username, key: publicPartOf(privateKey) };
  print(context.output, entry, `${path} is your private key; for approvals.approvers of the plan:\n  - ${flow(entry)}`);
}

function flow({ name, key }: { name: string; key: string }): string {
  return `{ name: ${name}, key: "${key}" }`;
}

function readKey(path: string): KeyObject {
  try {
    return createPrivateKey(readFileSync(path));
  } catch {
    // What the library says could hold a part of the file.
    throw cliErrors.error('CLI_USAGE', {
      message: `--key ${path} is no private key that can be read`,
      fix: 'make one with: banyan approver-key <file>',
    });
  }
}

function approverOf({ approvers, unit }: ApprovalRequest, key: KeyObject): string {
  const mine = publicPartOf(key);
  const found = approvers.find((one) => one.key === mine);
  if (found) return found.name;
  const known = approvers.map(({ name }) => name).join(', ');
  throw cutoverErrors.error('APPROVAL_REFUSED', {
    message: `the key is that of no approver of ${unit}; known: ${known}`,
    fix: 'name the file that belongs to a key in the plan',
  });
}
