import type { UnitStore } from '../control/control-store.ts';
import type { DeclaredUnit } from '../configuration/declaration.ts';
import { cutoverErrors } from '../errors.ts';
import type { GateResult } from '../judgement/gates.ts';
import { approvalSchema, type Approval } from './approval.ts';
import type { ApprovalNeed, ApprovedStep } from './approval-plan.ts';
import { judgeApprovals, needOf, problemOf, type ApprovalContext } from './approval-rules.ts';

/** What somebody who is asked to approve a step should look at, and sign. */
export interface ApprovalRequest {
  readonly unit: string;
  readonly step: ApprovedStep;
  readonly planDigest: string;
  readonly epoch: number;
  readonly validMinutes: number;
  readonly approvers: readonly { readonly name: string; readonly key: string }[];
  readonly gate: GateResult;
}

/**
 * Approvals of a plan's steps. They are lines of the journal, so nobody can take one back unseen; each is checked when
 * it is given and again when it is used.
 */
export class Approvals {
  readonly #store: Pick<UnitStore, 'read' | 'note' | 'journal'>;
  readonly #nowMs: () => number;

  constructor(store: Pick<UnitStore, 'read' | 'note' | 'journal'>, nowMs: () => number = Date.now) {
    this.#store = store;
    this.#nowMs = nowMs;
  }

  /** No gate when the plan does not want the step approved. */
  async gates(declared: DeclaredUnit, step: ApprovedStep | undefined, by?: string): Promise<GateResult[]> {
    const need = needOf(declared.plan.approvals, step);
    if (!need) return [];
    const context = await this.#contextOf(declared, need, by);
    return [judgeApprovals(await this.#given(context), context)];
  }

  async request(declared: DeclaredUnit, step: ApprovedStep): Promise<ApprovalRequest> {
    const context = await this.#contextOf(declared, neededOf(declared, step));
    const { unit, planDigest, need } = context;
    const { epoch } = await this.#store.read(unit);
    const gate = judgeApprovals(await this.#given(context), context);
    const { approvers } = context.plan;
    return { unit, step, planDigest, epoch, validMinutes: need.validMinutes, approvers, gate };
  }

  /** Throws APPROVAL_REFUSED with the reason; that is journalled too, and nothing else changes. */
  async give(declared: DeclaredUnit, approval: Approval): Promise<GateResult> {
    const context = await this.#contextOf(declared, neededOf(declared, approval.step));
    const { unit } = context;
    const record = await this.#store.read(unit);
    const { approver: who, reason } = approval;
    const problem =
      approval.epoch > record.epoch
        ? `it is of epoch ${approval.epoch}, which is not yet`
        : problemOf(approval, context);
    if (problem !== undefined) {
      const detail = { step: approval.step, problem };
      await this.#store.note(record, { who: `${who} (not proven)`, reason, action: 'approve-refused', detail });
      throw cutoverErrors.error('APPROVAL_REFUSED', { message: `${approval.step} of ${unit} by ${who}: ${problem}` });
    }
    await this.#store.note(record, { who, reason, action: 'approve', detail: approval });
    return judgeApprovals(await this.#given(context), context);
  }

  async #contextOf(declared: DeclaredUnit, need: ApprovalNeed, by?: string): Promise<ApprovalContext> {
    const { plan, digest: planDigest } = declared;
    const { unit, approvals = { approvers: [], needed: [] } } = plan;
    const since = await this.#store.journal.stageSince(unit);
    return { unit, plan: approvals, need, planDigest, since, nowMs: this.#nowMs(), by };
  }

  /** Those of the present stage. */
  async #given({ unit, since, need }: ApprovalContext): Promise<Approval[]> {
    const lines = await this.#store.journal.since(unit, 'approve', since);
    const approvals = lines.flatMap(({ detail }) => approvalSchema.safeParse(detail).data ?? []);
    return approvals.filter(({ step }) => step === need.before);
  }
}

function neededOf({ plan }: DeclaredUnit, step: ApprovedStep): ApprovalNeed {
  const need = needOf(plan.approvals, step);
  if (need) return need;
  throw cutoverErrors.error('APPROVAL_REFUSED', { message: `the plan of ${plan.unit} wants no approval of ${step}` });
}
