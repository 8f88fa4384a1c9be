import type { Connection } from '../../shared/index.ts';
import type { Applier } from './apply.ts';
import { Batch, refusalOf, type BatchRules, type PlacedChange } from '../map/batch.ts';
import type { WaitingPart } from '../map/coalesce.ts';
import type { ParkedKeys, Refusal } from '../map/parked-keys.ts';
import { sendAll } from './packets.ts';
import { PARKED_TABLE } from './parked-store.ts';
import { rowRefusal, type RowRefusal } from './refusal.ts';
import type { Statement } from './statements.ts';
import { emptyPosition } from '../position.ts';

export interface Written {
  /** What is parked afterwards. */
  readonly parking: ParkedKeys;
  /** Parts that have found no row yet. */
  readonly waiting: readonly WaitingPart[];
}

/**
 * Writes changes of one transaction inside an open target transaction although the target refuses some: those go into
 * the park. One by one first. Rows that only collided with each other on the way (two that swap a unique value) may fit
 * together: then all are written at once, without those that fit in no way.
 */
export class CarefulWriter {
  private readonly connection: Connection;
  private readonly applier: Applier;
  private readonly rules: BatchRules;
  private readonly known: ParkedKeys;

  constructor(connection: Connection, applier: Applier, rules: BatchRules, known: ParkedKeys) {
    this.connection = connection;
    this.applier = applier;
    this.rules = rules;
    this.known = known;
  }

  /** `waiting`: parts from before that found no row yet. */
  async write(changes: readonly PlacedChange[], waiting: readonly WaitingPart[] = []): Promise<Written> {
    await this.connection.query('SAVEPOINT banyan_all');
    const { refused, ...written } = await this.oneByOne(changes, waiting);
    const hopeless = new Map([...refused].filter(([, { isCollision }]) => !isCollision));
    if (hopeless.size === refused.size) return written;
    await this.connection.query('ROLLBACK TO SAVEPOINT banyan_all');
    const together = await this.atOnce(changes, hopeless, waiting);
    if (together) return together;
    await this.connection.query('ROLLBACK TO SAVEPOINT banyan_all');
    return this.oneByOne(changes, waiting);
  }

  private async oneByOne(
    changes: readonly PlacedChange[],
    before: readonly WaitingPart[],
  ): Promise<Written & { readonly refused: ReadonlyMap<PlacedChange, RowRefusal> }> {
    const refused = new Map<PlacedChange, RowRefusal>();
    const parking = this.known.fork();
    let waiting = before;
    for (const change of changes) {
      // Only a change that goes into the park changes what is parked, and that one is not refused.
      const written = await this.tryOne(change, parking, waiting);
      if (!('error' in written)) {
        waiting = written.waiting;
        continue;
      }
      refused.set(change, written);
      await this.park(change, parking, written);
    }
    return { refused, parking, waiting };
  }

  private async tryOne(
    { change, gtid, ordinal }: PlacedChange,
    parking: ParkedKeys,
    waiting: readonly WaitingPart[],
  ): Promise<RowRefusal | { waiting: readonly WaitingPart[] }> {
    const draft = new Batch({ ...this.rules, parking }, emptyPosition);
    draft.take(change, gtid, ordinal);
    if (draft.isIdle) return { waiting };
    draft.coalesced.precede(waiting);
    await this.connection.query('SAVEPOINT banyan_one');
    const written = await this.send(this.applier.prepare(draft).statements);
    if ('error' in written) await this.connection.query('ROLLBACK TO SAVEPOINT banyan_one');
    return written;
  }

  private async park(change: PlacedChange, parking: ParkedKeys, refusal: RowRefusal): Promise<void> {
    const draft = new Batch({ ...this.rules, parking }, emptyPosition);
    draft.refuse(change, toRefusal(refusal));
    await sendAll(this.connection, this.applier.prepare(draft).statements, this.applier.limits);
  }

  private async atOnce(
    changes: readonly PlacedChange[],
    hopeless: ReadonlyMap<PlacedChange, RowRefusal>,
    waiting: readonly WaitingPart[],
  ): Promise<Written | undefined> {
    const parking = this.known.fork();
    const draft = new Batch({ ...this.rules, parking }, emptyPosition);
    for (const placed of changes) {
      const refusal = hopeless.get(placed);
      if (refusal) draft.refuse(placed, toRefusal(refusal));
      else draft.take(placed.change, placed.gtid, placed.ordinal);
    }
    draft.coalesced.precede(waiting);
    const written = await this.send(this.applier.prepare(draft).statements);
    return 'error' in written ? undefined : { parking, waiting: written.waiting };
  }

  private async send(statements: readonly Statement[]): Promise<RowRefusal | { waiting: WaitingPart[] }> {
    const waiting: WaitingPart[] = [];
    for (const statement of statements) {
      try {
        waiting.push(...(await sendAll(this.connection, [statement], this.applier.limits)));
      } catch (error) {
        const refusal = rowRefusal(error, this.applier.options.tables.get(statement.table));
        if (!refusal || statement.table === PARKED_TABLE) throw error;
        return refusal;
      }
    }
    return { waiting };
  }
}

function toRefusal({ error }: RowRefusal): Refusal {
  return refusalOf(error);
}
