import { cutoverErrors } from '../errors.ts';
import type { Intent } from '../unit/intent.ts';
import type { Direction, UnitRecord } from '../unit/unit-record.ts';
import type { UnitRuntime } from '../unit/unit-runtime.ts';
import { nextState } from '../unit/unit-transition.ts';
import { performGated, type GatedParts, type HandoverMove } from './gated-handover.ts';
import type { HandoverCommand } from './performer.ts';

/** Moves the ownership of all rows of a unit, there and back. See `handover.ts` for the contract of the steps. */
export class UnitHandover {
  readonly #parts: GatedParts;

  constructor(parts: GatedParts) {
    this.#parts = parts;
  }

  /** Throws STAGE_REFUSED when the unit cannot move so from where it stands. */
  async perform(
    runtime: UnitRuntime,
    direction: Direction,
    intent: Intent,
    options: HandoverCommand,
  ): Promise<HandoverMove> {
    const { store, gatekeeper } = this.#parts;
    const record = await store.read(runtime.unit.plan.unit);
    requirePossible(record, direction);
    const judged = await gatekeeper.judgeHandover(runtime, direction, record.owner);
    return performGated(this.#parts, { runtime, record, direction, judged }, intent, options);
  }
}

function requirePossible(record: UnitRecord, direction: Direction): void {
  const probe = nextState(record, { type: 'begin', direction, who: '', reason: '' });
  if ('refused' in probe) throw cutoverErrors.error('STAGE_REFUSED', { message: `${record.unit}: ${probe.refused}` });
}
