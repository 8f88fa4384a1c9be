import type { ApprovedStep } from '../approvals/approval-plan.ts';
import type { Approvals } from '../approvals/approvals.ts';
import type { UnitStore } from '../control/control-store.ts';
import { cutoverErrors } from '../errors.ts';
import type { Gatekeeper } from '../judgement/gatekeeper.ts';
import { allPass, type GateResult } from '../judgement/gates.ts';
import type { Rehearsals } from '../rehearsal/rehearsals.ts';
import { noteRefusal, type Intent } from '../unit/intent.ts';
import type { Direction, UnitRecord } from '../unit/unit-record.ts';
import type { UnitRuntime } from '../unit/unit-runtime.ts';
import { nextState } from '../unit/unit-transition.ts';
import { DryRunHandover } from './dry-run.ts';
import { runHandover, type HandoverResult } from './handover.ts';
import type { HandoverCommand, HandoverPerformer } from './performer.ts';

/** A refusal is a result, not an exception: it lists every gate, failed or not. */
export type HandoverMove = HandoverResult | { readonly outcome: 'refused'; readonly gates: readonly GateResult[] };

/** Who is asked before ownership moves, and who moves it. */
export interface HandoverParts {
  readonly store: UnitStore;
  readonly gatekeeper: Gatekeeper;
  readonly approvals: Approvals;
  readonly rehearsals: Rehearsals;
  readonly performer: HandoverPerformer;
}

/** Moves the ownership of all rows of a unit, there and back. See `handover.ts` for the contract of the steps. */
export class UnitHandover {
  readonly #parts: HandoverParts;

  constructor(parts: HandoverParts) {
    this.#parts = parts;
  }

  /** Throws STAGE_REFUSED when the unit cannot move so from where it stands. */
  async perform(
    runtime: UnitRuntime,
    direction: Direction,
    intent: Intent,
    options: HandoverCommand,
  ): Promise<HandoverMove> {
    const { store, performer } = this.#parts;
    const record = await store.read(runtime.unit.plan.unit);
    requirePossible(record, direction);
    const gates = await this.#gates(runtime, record, direction, intent);
    if (!allPass(gates)) {
      await noteRefusal(store, record, direction, intent, gates);
      return { outcome: 'refused', gates };
    }
    if (intent.dryRun) return runHandover(new DryRunHandover(runtime, record, direction), options);
    return performer.perform(runtime, record, direction, intent, options);
  }

  async #gates(
    runtime: UnitRuntime,
    { owner }: UnitRecord,
    direction: Direction,
    { who }: Intent,
  ): Promise<GateResult[]> {
    const { gatekeeper, approvals, rehearsals } = this.#parts;
    return [
      ...(await gatekeeper.judgeHandover(runtime, direction, owner)),
      ...(await rehearsals.gates(runtime.unit, direction)),
      ...(await approvals.gates(runtime.unit, approvedHandover(direction), who)),
    ];
  }
}

/** The way back never waits for anybody. */
export function approvedHandover(direction: Direction): ApprovedStep | undefined {
  return direction === 'cutover' ? 'cutover' : undefined;
}

function requirePossible(record: UnitRecord, direction: Direction): void {
  const probe = nextState(record, { type: 'begin', direction, who: '', reason: '' });
  if ('refused' in probe) throw cutoverErrors.error('STAGE_REFUSED', { message: `${record.unit}: ${probe.refused}` });
}
