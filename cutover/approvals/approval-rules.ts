import type { GateResult } from '../judgement/gates.ts';
import { isSignedBy, type Approval } from './approval.ts';
import type { ApprovalNeed, ApprovalPlan, ApprovedStep } from './approval-plan.ts';

/** What an approval is held against. */
export interface ApprovalContext {
  readonly unit: string;
  readonly plan: ApprovalPlan;
  readonly need: ApprovalNeed;
  /** Of the plan that is in force. */
  readonly planDigest: string;
  /** The epoch at which the unit reached the stage and rung it is at. */
  readonly since: number;
  readonly nowMs: number;
  /** Who is about to act; absent while nobody is. */
  readonly by?: string | undefined;
}

/** Why an approval does not count; undefined when it does. */
export function problemOf(approval: Approval, context: ApprovalContext): string | undefined {
  const { unit, plan, need, planDigest, since, nowMs, by } = context;
  const { approver, step, expiresAt, epoch } = approval;
  const known = plan.approvers.find(({ name }) => name === approver);
  if (!known) return `${approver} is no approver of the plan`;
  if (!isSignedBy(approval, known.key)) return `its signature is not that of ${approver}`;
  if (approval.unit !== unit || step !== need.before) return `it is for ${step} of ${approval.unit}`;
  if (approval.planDigest !== planDigest)
    return `it is for plan ${approval.planDigest.slice(0, 12)}, in force is ${planDigest.slice(0, 12)}`;
  if (epoch < since) return `it is of epoch ${epoch}; ${unit} moved at epoch ${since}`;
  const leftMs = Date.parse(expiresAt) - nowMs;
  if (leftMs <= 0) return `it expired at ${expiresAt}`;
  if (leftMs > need.validMinutes * 60_000)
    return `it is good until ${expiresAt}; at most ${need.validMinutes} min count`;
  if (by !== undefined && isSame(approver, by)) return `${approver} may not approve what ${by} does`;
  return undefined;
}

/** A name without a host is that user on every host. */
function isSame(approver: string, who: string): boolean {
  const user = (name: string): string => name.split('@')[0] ?? name;
  return approver.includes('@') && who.includes('@') ? approver === who : user(approver) === user(who);
}

/** Several approvals of one approver are one. */
export function judgeApprovals(approvals: readonly Approval[], context: ApprovalContext): GateResult {
  const { need, plan, unit } = context;
  const judged = approvals.map((approval) => ({ approval, problem: problemOf(approval, context) }));
  const good = new Set(judged.flatMap(({ approval, problem }) => (problem ? [] : [approval.approver])));
  const bad = judged.filter(({ approval, problem }) => problem && !good.has(approval.approver));
  const remarks = bad.map(({ approval, problem }) => `not ${approval.approver}: ${problem}`);
  const isEnough = good.size >= need.count;
  return {
    gate: 'approvals',
    verdict: isEnough ? 'pass' : 'fail',
    value: [`${good.size} of ${need.count}`, ...good, ...(isEnough ? [] : new Set(remarks))].join('; '),
    limit: `${need.count} of ${plan.approvers.map(({ name }) => name).join(', ')}, not the one who acts`,
    next: `banyan approve ${unit} ${need.before}`,
  };
}

export function needOf(plan: ApprovalPlan | undefined, step: ApprovedStep | undefined): ApprovalNeed | undefined {
  return plan?.needed.find(({ before }) => before === step);
}
