import { formatPosition, type Position } from '../../cdc/index.ts';
import { messageOf, systemClock, waitUntil, type Clock } from '../../shared/index.ts';
import type { UnitStore } from '../control/control-store.ts';
import { cutoverErrors } from '../errors.ts';
import type { HandoverActions, StepOutcome } from './handover.ts';
import type { Side } from '../stage.ts';
import { handoverName, sidesOf, type CohortMark, type Direction, type UnitRecord } from '../unit/unit-record.ts';
import type { EdgeGroup, FenceOutcome, UnitRuntime } from '../unit/unit-runtime.ts';

export interface HandoverParts {
  readonly direction: Direction;
  readonly store: UnitStore;
  readonly runtime: UnitRuntime;
  readonly edges: EdgeGroup;
  /** Makes the edges of this process see a new record at once; others poll. */
  readonly publish: (record: UnitRecord) => void;
  readonly budgets?: Partial<Budgets>;
  readonly clock?: Clock;
}

/** Milliseconds each waiting step may take before the handover is cancelled. */
export interface Budgets {
  readonly holdMs: number;
  readonly fenceMs: number;
  readonly catchUpMs: number;
}

/** A flip gives up waiting after a second; past this time one whose answer was lost is over, too. */
const flipSettlesMs = 1_500;

const defaultBudgets: Budgets = { holdMs: 1_000, fenceMs: 2_000, catchUpMs: 2_000 };

/** The real handover. `record` must already carry the mark of this handover (progress `begun`). */
export class RealHandover implements HandoverActions {
  readonly #parts: HandoverParts;
  readonly #budgets: Budgets;
  readonly #from: Side;
  readonly #to: Side;
  readonly #clock: Clock;
  readonly #cohort: CohortMark | undefined;
  #record: UnitRecord;
  #position: Position | undefined;
  /** False while a flip whose answer was lost may still be waiting in the database. */
  #isFenceSettled = true;

  constructor(parts: HandoverParts, record: UnitRecord) {
    this.#parts = parts;
    this.#budgets = { ...defaultBudgets, ...parts.budgets };
    this.#clock = parts.clock ?? systemClock;
    this.#record = record;
    this.#cohort = record.handover?.cohort;
    ({ from: this.#from, to: this.#to } = sidesOf(parts.direction));
  }

  get record(): UnitRecord {
    return this.#record;
  }

  async hold(): Promise<StepOutcome> {
    const { edges } = this.#parts;
    const hold = { budgetMs: this.#budgets.holdMs, keys: this.#cohort?.keys };
    const drained = await edges.hold(this.#record.unit, hold);
    return drained ? done() : failed(`writes in flight did not end within ${this.#budgets.holdMs} ms`);
  }

  async fence(): Promise<StepOutcome> {
    const { runtime } = this.#parts;
    let outcome: FenceOutcome = 'busy';
    const flip = async (): Promise<boolean> => {
      this.#isFenceSettled = false;
      outcome = await runtime.flip(this.#from, this.#to, this.#record.epoch, this.#cohort?.keys);
      this.#isFenceSettled = true;
      return outcome !== 'busy';
    };
    await waitUntil(flip, { clock: this.#clock, budgetMs: this.#budgets.fenceMs, everyMs: 20 });
    return fenceOutcome(outcome, this.#from, this.#budgets.fenceMs);
  }

  async position(): Promise<StepOutcome> {
    this.#position = await this.#parts.runtime.head(this.#from);
    return done(formatPosition(this.#position));
  }

  async catchUp(): Promise<StepOutcome> {
    const { catchUpMs } = this.#budgets;
    if (!this.#position) return failed('the position is not known');
    const reached = await this.#parts.runtime.caughtUp(this.#from, this.#position, catchUpMs);
    return reached
      ? done()
      : failed(`the stream did not reach ${formatPosition(this.#position)} within ${catchUpMs} ms`);
  }

  async verify(): Promise<StepOutcome> {
    if (this.#cohort) return this.#verifyCohort(this.#cohort);
    const check = await this.#parts.runtime.verifyHot(this.#from);
    if (check.overflowed) return failed('too many rows changed since the last verification; run banyan verify first');
    return check.wrong === 0
      ? done(`${check.rows} rows equal`)
      : failed(`${check.wrong} of ${check.rows} recently written rows differ`);
  }

  /** All rows of its keys: others write meanwhile, so what was written lately is not known by key. */
  async #verifyCohort({ keys }: CohortMark): Promise<StepOutcome> {
    const { rows, wrong, overflowed } = await this.#parts.runtime.verifyKeys(this.#from, keys);
    if (overflowed) return failed(`the cohort has too many rows to compare while it is held; move a smaller one`);
    return wrong === 0 ? done(`${rows} rows equal`) : failed(`${wrong} of ${rows} rows of the cohort differ`);
  }

  /** The point of no return. When the answer is lost the record is read again rather than guessed. */
  async journal(): Promise<StepOutcome> {
    const begun = this.#record;
    try {
      this.#record = await this.#commit(begun);
      return done(`epoch ${this.#record.epoch}`);
    } catch (error) {
      return this.#afterLostAnswer(begun, messageOf(error));
    }
  }

  #commit(begun: UnitRecord): Promise<UnitRecord> {
    const { direction, store } = this.#parts;
    const { who, reason } = begun.handover ?? { who: 'banyan', reason: direction };
    const position = this.#position ? formatPosition(this.#position) : '';
    const detail = { position, ...describeCohort(this.#cohort) };
    return store.change(begun, { type: 'commit' }, { who, reason, action: this.#name, detail });
  }

  get #name(): string {
    return handoverName({ direction: this.#parts.direction, ...(this.#cohort && { cohort: this.#cohort }) });
  }

  async #afterLostAnswer(begun: UnitRecord, reason: string): Promise<StepOutcome> {
    try {
      const now = await this.#parts.store.read(begun.unit);
      if (now.epoch === begun.epoch) return failed(reason);
      if (now.handover?.progress !== 'journalled' || now.handover.fenceEpoch !== begun.handover?.fenceEpoch)
        return unknown(reason);
      this.#record = now;
      return done(`epoch ${now.epoch}`);
    } catch {
      return unknown(reason);
    }
  }

  async grant(): Promise<StepOutcome> {
    const outcome = await this.#parts.runtime.flip(this.#to, this.#to, this.#record.epoch, this.#cohort?.keys);
    return outcome === 'flipped' ? done() : failed(`${this.#to}'s ownership row is ${outcome}`);
  }

  async release(): Promise<StepOutcome> {
    const { store, direction } = this.#parts;
    const { who, reason } = this.#record.handover ?? { who: 'banyan', reason: direction };
    this.#parts.publish(this.#record);
    await this.#parts.edges.release(this.#record.unit, this.#record.epoch);
    const note = { who, reason, action: `${this.#name}-finished` };
    this.#record = await store.change(this.#record, { type: 'settle' }, note);
    this.#parts.publish(this.#record);
    return done();
  }

  async unfence(): Promise<void> {
    const { runtime } = this.#parts;
    const isSettled = this.#isFenceSettled;
    const keys = this.#cohort?.keys;
    await unfence(runtime, this.#from, cancelEpoch(this.#record), { isSettled, keys, clock: this.#clock });
  }

  async letGo(): Promise<void> {
    await this.#parts.edges.release(this.#record.unit, 0); // They never saw another owner.
  }
}

/** The epoch a cancelled handover ends with. The fence's own flip, should it still arrive, is older and refused. */
export function cancelEpoch(begun: UnitRecord): number {
  return begun.epoch + 1;
}

interface UnfenceOptions {
  readonly isSettled?: boolean;
  /** Only the rows of these owner keys. */
  readonly keys?: readonly string[] | undefined;
  readonly clock?: Clock;
}

/**
 * Gives `side` its rows back. Kept up for ten seconds, whatever fails: until it succeeds nobody can write. An open
 * transaction of `side` blocks the flip back just as it blocked the flip; then it is enough to see that the row still
 * names `side`, once no flip of ours can still be waiting for its lock.
 */
export async function unfence(
  runtime: UnitRuntime,
  side: Side,
  epoch: number,
  { isSettled = false, keys, clock = systemClock }: UnfenceOptions = {},
): Promise<void> {
  const settledAt = isSettled ? 0 : clock.now() + flipSettlesMs;
  let reason = 'its ownership row stayed locked';
  const isGiven = async (): Promise<boolean> => {
    try {
      if (clock.now() >= settledAt && (await runtime.ownerOn(side, keys)) === side) return true;
      return (await runtime.flip(side, side, epoch, keys)) === 'flipped';
    } catch (error) {
      reason = messageOf(error);
      return false;
    }
  };
  if (await waitUntil(isGiven, { clock, budgetMs: 10_000, everyMs: 50 })) return;
  throw cutoverErrors.error('FENCE_STUCK', { message: `${side} could not be unfenced at epoch ${epoch}: ${reason}` });
}

function fenceOutcome(outcome: FenceOutcome, side: Side, budgetMs: number): StepOutcome {
  switch (outcome) {
    case 'flipped':
      return done();
    case 'busy':
      return failed(`open transactions on ${side} did not end within ${budgetMs} ms`);
    case 'wrong-epoch':
      return failed(`${side}'s ownership row carries a newer epoch`);
  }
}

/** For the journal: how many, and not who. */
export function describeCohort(cohort: CohortMark | undefined): object {
  return cohort ? { cohort: cohort.name, keys: cohort.keys.length } : {};
}

function done(detail?: string): StepOutcome {
  return detail === undefined ? { ok: true } : { ok: true, detail };
}

function failed(reason: string): StepOutcome {
  return { ok: false, reason };
}

function unknown(reason: string): StepOutcome {
  return { ok: false, reason, unknown: true };
}
