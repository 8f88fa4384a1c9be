import { isBanyanError, messageOf, systemClock, waitUntil, type Clock, type Log } from '../../shared/index.ts';
import type { UnitStore } from '../control/control-store.ts';
import { cutoverErrors } from '../errors.ts';
import { unfence } from './actions.ts';
import { handoverName, servedKeys, sidesOf, type HandoverMark, type UnitRecord } from '../unit/unit-record.ts';
import type { EdgeGroup, UnitRuntime } from '../unit/unit-runtime.ts';
import type { UnitEvent } from '../unit/unit-transition.ts';

export interface SettlementParts {
  readonly store: Pick<UnitStore, 'read' | 'change'>;
  readonly edges: Pick<EdgeGroup, 'release'>;
  readonly publish: (record: UnitRecord) => void;
  readonly log: Log;
  readonly clock?: Clock;
}

/**
 * Ends handovers that did not end by themselves, from what the control database says: before the journal row they are
 * taken back, after it they are finished. Safe to repeat, by whoever runs next, and while the one that began is still
 * at it.
 */
export class Settlement {
  readonly #parts: SettlementParts;
  readonly #clock: Clock;

  constructor(parts: SettlementParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? systemClock;
  }

  /**
   * Answers the record as it is afterwards. Edges are told to let go also where nothing is left to settle: the answer to
   * the change that ended a handover may have been lost, or whoever made it died before it could tell them.
   */
  async settle(record: UnitRecord, runtime: UnitRuntime): Promise<UnitRecord> {
    const { handover } = record;
    const settled = handover ? await this.#end(record, handover, runtime) : await this.#admitOwner(record, runtime);
    await this.#parts.edges.release(record.unit, settled.epoch);
    return settled;
  }

  #end(record: UnitRecord, { progress, direction }: HandoverMark, runtime: UnitRuntime): Promise<UnitRecord> {
    this.#parts.log.warn({ unit: record.unit, handover: progress }, 'settling an interrupted handover');
    return progress === 'journalled'
      ? this.#finish(record, runtime)
      : this.#takeBack(record, runtime, sidesOf(direction).from);
  }

  /**
   * Whoever was taken for dead may have fenced the owner after its attempt was ended: while a transaction is open there,
   * the row keeps its old epoch, and a flip of that epoch still counts.
   */
  async #admitOwner(record: UnitRecord, runtime: UnitRuntime): Promise<UnitRecord> {
    const { owner, epoch } = record;
    const admitted = await runtime.ownerOn(owner);
    if (admitted !== undefined && admitted !== owner) await unfence(runtime, owner, epoch, { clock: this.#clock });
    if (runtime.unit.plan.ownerKey) await this.#admitKeys(record, runtime);
    return record;
  }

  /** The same for single keys, each on the side of its owner. */
  async #admitKeys(record: UnitRecord, runtime: UnitRuntime): Promise<void> {
    const ours = new Set(servedKeys(record));
    const strays = (await runtime.servedOn('legacy')).filter((key) => !ours.has(key));
    const onService = new Set(await runtime.servedOn('service'));
    const missing = [...ours].filter((key) => !onService.has(key));
    const clock = this.#clock;
    if (strays.length > 0) await unfence(runtime, 'legacy', record.epoch, { keys: strays, clock });
    if (missing.length > 0) await unfence(runtime, 'service', record.epoch, { keys: missing, clock });
  }

  async #finish(record: UnitRecord, runtime: UnitRuntime): Promise<UnitRecord> {
    const { direction = 'cutover', cohort } = record.handover ?? {};
    const { to } = sidesOf(direction);
    await unfence(runtime, to, record.epoch, { keys: cohort?.keys, clock: this.#clock });
    return this.#change(record, { type: 'settle' }, 'finished', 'interrupted after the journal row');
  }

  /**
   * The epoch first, the fence after: whoever began may be slow and not dead, and would else commit between the two, with
   * both sides admitting writes then.
   */
  async #takeBack(record: UnitRecord, runtime: UnitRuntime, from: UnitRecord['owner']): Promise<UnitRecord> {
    const reason = 'interrupted before the journal row';
    const taken =
      record.handover?.progress === 'begun'
        ? await this.#change(record, { type: 'take-back' }, 'taken-back', reason)
        : record;
    const keys = record.handover?.cohort?.keys;
    await unfence(runtime, from, taken.epoch, { keys, clock: this.#clock });
    return this.endCancelled(taken, reason);
  }

  /**
   * Settles as soon as the databases answer: until then everybody's writes are held. Gives up after a minute. Another
   * handover than the one of `fenceEpoch` is left alone: somebody has settled this one and begun anew.
   */
  async insist(runtime: UnitRuntime, what: string, fenceEpoch?: number): Promise<void> {
    const { unit } = runtime.unit.plan;
    const isSettled = async (): Promise<boolean> => {
      try {
        const record = await this.#parts.store.read(unit);
        if (fenceEpoch !== undefined && record.handover && record.handover.fenceEpoch !== fenceEpoch) return true;
        return !(await this.settle(record, runtime)).handover;
      } catch (error) {
        if (isDeposed(error)) throw error; // It is its successor's to settle.
        const isOvertaken = isBanyanError(error) && error.code === 'EPOCH_STALE';
        if (!isOvertaken) this.#parts.log.error({ unit, error: messageOf(error) }, 'not settled yet');
        return false;
      }
    };
    if (await waitUntil(isSettled, { clock: this.#clock, budgetMs: 60_000, everyMs: 500 })) return;
    throw cutoverErrors.error('HANDOVER_HALF_DONE', { message: `${unit} is still not settled after ${what}` });
  }

  /** Of a handover whose fence was taken back already. */
  endCancelled(begun: UnitRecord, reason: string): Promise<UnitRecord> {
    return this.#change(begun, { type: 'settle' }, 'cancelled', reason);
  }

  async #change(record: UnitRecord, event: UnitEvent, how: string, reason: string): Promise<UnitRecord> {
    const { who = 'banyan' } = record.handover ?? {};
    const action = `${handoverName(record.handover ?? { direction: 'cutover' })}-${how}`;
    const next = await this.#parts.store.change(record, event, { who, reason, action });
    this.#parts.publish(next);
    return next;
  }
}

function isDeposed(error: unknown): boolean {
  return isBanyanError(error) && error.code === 'LEADER_DEPOSED';
}
