import type { RowDataPacket } from '../../shared/index.ts';
import type { Applier } from './apply.ts';
import { CarefulWriter } from './careful-writer.ts';
import type { ChangeEvent } from '../change-event.ts';
import { Batch, type BatchRules, type KeptTransaction, type PlacedChange } from '../map/batch.ts';
import type { ParkedKeys } from '../map/parked-keys.ts';
import { restoreParked } from './parked-store.ts';
import type { Position } from '../position.ts';
import { rowRefusal } from './refusal.ts';

/**
 * Applies a batch of which the target refuses a row: halves it until the transactions are found whose rows do not fit,
 * and writes those change by change. Every target transaction still holds whole source transactions, in order, with
 * their position.
 */
export class CarefulApplier {
  private readonly applier: Applier;
  private readonly rules: BatchRules & { readonly parking: ParkedKeys };

  constructor(applier: Applier, rules: BatchRules & { readonly parking: ParkedKeys }) {
    this.applier = applier;
    this.rules = rules;
  }

  /** Afterwards `rules.parking` knows what is parked: batches that were collected before are out of date. */
  async apply(batch: Batch, signal: AbortSignal): Promise<void> {
    // It knows too much now: also what a batch behind this one has parked, which is not applied yet.
    const { session, name } = this.applier.options;
    const { maps, parking } = this.rules;
    await session.retry((connection) => restoreParked(connection, name, maps, parking), signal);
    await this.applyAll(batch.kept, batch.from, signal);
  }

  private async applyAll(kept: readonly KeptTransaction[], from: Position, signal: AbortSignal): Promise<Position> {
    const parking = this.rules.parking.fork();
    const draft = new Batch({ ...this.rules, parking }, from);
    for (const { transaction, isOurs, ordinal } of kept) draft.add(transaction, isOurs, ordinal);
    try {
      await this.applier.attempt(this.applier.prepare(draft), signal);
      this.rules.parking.adopt(parking);
      return draft.position;
    } catch (error) {
      if (!rowRefusal(error, undefined)) throw error;
    }
    const [only] = kept;
    if (kept.length === 1 && only) return this.applyOne(only, draft, signal);
    const middle = kept.length >> 1;
    const reached = await this.applyAll(kept.slice(0, middle), from, signal);
    return this.applyAll(kept.slice(middle), reached, signal);
  }

  private async applyOne(
    { transaction, ordinal }: KeptTransaction,
    draft: Batch,
    signal: AbortSignal,
  ): Promise<Position> {
    const { position, cursor } = draft;
    const { turn, options } = this.applier;
    let parking = this.rules.parking;
    await options.session.retry(async (connection, tries) => {
      if (tries > 0 && (await turn.isAt(connection, position))) return;
      await options.at('apply:begin');
      const [answers] = await connection.query<RowDataPacket[][]>(turn.opening({ position, cursor }).join(';'));
      await turn.require(connection, answers, draft.dataChanges > 0);
      const writer = new CarefulWriter(connection, this.applier, this.rules, this.rules.parking);
      ({ parking } = await writer.write(placed(transaction, ordinal)));
      await options.at('apply:before-commit');
      await connection.query('COMMIT');
      await options.at('apply:committed');
    }, signal);
    this.rules.parking.adopt(parking);
    return position;
  }
}

export function placed(
  { gtid, changes }: { readonly gtid: PlacedChange['gtid']; readonly changes: readonly ChangeEvent[] },
  first: number,
): PlacedChange[] {
  return changes.map((change, i) => ({ change, gtid, ordinal: first + i }));
}
