import { isBanyanError, type Span, type Tracing } from '../../shared/index.ts';
import { describeCohort, RealHandover, type HandoverParts } from './actions.ts';
import {
  runHandover,
  type HandoverActions,
  type HandoverOptions,
  type HandoverResult,
  type StepName,
  type StepReport,
} from './handover.ts';
import { noteOf, type Intent } from '../unit/intent.ts';
import type { Settlement } from './settlement.ts';
import { handoverName, type CohortMark, type Direction, type UnitRecord } from '../unit/unit-record.ts';
import type { UnitRuntime } from '../unit/unit-runtime.ts';

/** How a handover may be watched, and called off until its journal row. */
export interface HandoverCommand {
  readonly signal?: AbortSignal;
  readonly onStep?: (step: StepReport) => void;
}

export interface PerformerParts extends Omit<HandoverParts, 'direction' | 'runtime'> {
  readonly tracing?: Tracing | undefined;
}

/** Carries a handover out, and sees to it that one which does not come to its end is settled. */
export class HandoverPerformer {
  readonly #parts: PerformerParts;
  readonly #settlement: Settlement;

  constructor(parts: PerformerParts, settlement: Settlement) {
    this.#parts = parts;
    this.#settlement = settlement;
  }

  /** From the gates, which have passed, to its end, or to its having been taken back. */
  async perform(
    runtime: UnitRuntime,
    record: UnitRecord,
    direction: Direction,
    intent: Intent,
    { cohort, ...options }: HandoverCommand & { readonly cohort?: CohortMark | undefined },
  ): Promise<HandoverResult> {
    const { store } = this.#parts;
    const { who, reason } = intent;
    const whose = { direction, ...(cohort && { cohort }) };
    const name = handoverName(whose);
    const begin = { type: 'begin', ...whose, who, reason } as const;
    const begun = await store.change(record, begin, noteOf(intent, `${name}-begun`, cohort && describeCohort(cohort)));
    this.#parts.publish(begun); // An edge that is lost from here on knows that the owner may change.
    const actions = new RealHandover({ ...this.#parts, direction, runtime }, begun);
    const { clock } = this.#parts;
    const watched = { ...options, ...(clock && { clock }) };
    const result = await this.#traced(runtime.unit.plan.unit, name, actions, watched);
    const { fenceEpoch } = begun.handover ?? {};
    if (result.outcome === 'cancelled') await this.#endCancelled(runtime, actions.record, result.reason);
    if (result.outcome === 'half-done')
      await this.#settlement.insist(runtime, `${name} at ${result.at}: ${result.reason}`, fenceEpoch);
    return result;
  }

  /** Unless somebody else has begun to take it back meanwhile: then both do, and one of them ends it. */
  async #endCancelled(runtime: UnitRuntime, record: UnitRecord, reason: string): Promise<void> {
    try {
      await this.#settlement.endCancelled(record, reason);
    } catch (error) {
      if (!isBanyanError(error) || error.code !== 'EPOCH_STALE') throw error;
      await this.#settlement.insist(runtime, `a cancelled handover: ${reason}`, record.handover?.fenceEpoch);
    }
  }

  /** A span for the handover, always recorded, and one in it for each step. */
  async #traced(
    unit: string,
    name: string,
    actions: HandoverActions,
    options: HandoverOptions,
  ): Promise<HandoverResult> {
    const { tracing } = this.#parts;
    if (!tracing) return runHandover(actions, options);
    const whole = tracing.begin(name, { isAlwaysRecorded: true, attributes: { 'banyan.unit': unit } });
    const beginSpan = (step: StepName): Span => tracing.begin(step, { parent: whole.place });
    const result = await runHandover(actions, { ...options, beginSpan });
    whole.end(result.outcome === 'done' ? undefined : result.outcome);
    return result;
  }
}
