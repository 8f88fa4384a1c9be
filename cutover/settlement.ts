import { messageOf, waitUntil, type Log } from '../shared/index.ts';
import type { ControlStore } from './control-store.ts';
import { cutoverErrors } from './errors.ts';
import { cancelEpoch, unfence } from './handover-actions.ts';
import { sidesOf, type UnitRecord } from './unit-record.ts';
import type { EdgeGroup, UnitRuntime } from './unit-runtime.ts';

export interface SettlementParts {
  readonly store: ControlStore;
  readonly edges: Pick<EdgeGroup, 'release'>;
  readonly publish: (record: UnitRecord) => void;
  readonly log: Log;
}

/**
 * Ends handovers that did not end by themselves, from what the control database says: before the journal row they are
 * cancelled, after it they are finished. Safe to repeat, and by whoever runs next.
 */
export class Settlement {
  readonly #parts: SettlementParts;

  constructor(parts: SettlementParts) {
    this.#parts = parts;
  }

  /** Answers the record as it is afterwards; without a handover under way nothing is done. */
  async settle(record: UnitRecord, runtime: UnitRuntime): Promise<UnitRecord> {
    const { handover } = record;
    if (!handover) return record;
    this.#parts.log.warn({ unit: record.unit, handover: handover.progress }, 'settling an interrupted handover');
    const { from, to } = sidesOf(handover.direction);
    const isBegun = handover.progress === 'begun';
    await unfence(runtime, isBegun ? from : to, isBegun ? cancelEpoch(record) : record.epoch, false);
    const settled = isBegun
      ? await this.endCancelled(record, 'interrupted before the journal row')
      : await this.#end(record, 'finished', 'interrupted after the journal row');
    await this.#parts.edges.release(record.unit, settled.epoch);
    return settled;
  }

  /** Settles as soon as the databases answer: until then everybody's writes are held. Gives up after a minute. */
  async insist(runtime: UnitRuntime, what: string): Promise<void> {
    const { unit } = runtime.unit.plan;
    const isSettled = async (): Promise<boolean> => {
      try {
        return !(await this.settle(await this.#parts.store.read(unit), runtime)).handover;
      } catch (error) {
        this.#parts.log.error({ unit, error: messageOf(error) }, 'not settled yet');
        return false;
      }
    };
    if (await waitUntil(isSettled, { budgetMs: 60_000, everyMs: 500 })) return;
    throw cutoverErrors.error('HANDOVER_HALF_DONE', { message: `${unit} is still not settled after ${what}` });
  }

  endCancelled(begun: UnitRecord, reason: string): Promise<UnitRecord> {
    return this.#end(begun, 'cancelled', reason);
  }

  async #end(record: UnitRecord, how: 'cancelled' | 'finished', reason: string): Promise<UnitRecord> {
    const { direction = 'cutover', who = 'banyan' } = record.handover ?? {};
    const note = { who, reason, action: `${direction}-${how}` };
    const ended = await this.#parts.store.change(record, { handover: null }, note);
    this.#parts.publish(ended);
    return ended;
  }
}
