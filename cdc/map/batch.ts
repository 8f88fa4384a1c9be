import { isBanyanError, messageOf } from '../../shared/index.ts';
import { REHEARSAL_TABLE } from '../apply/bookkeeping.ts';
import type { ChangeEvent, SourceTransaction, UnreadableEvent } from '../change-event.ts';
import { Coalescer } from './coalesce.ts';
import { cdcErrors } from '../errors.ts';
import { carryDifference } from './map.ts';
import type { TableMaps } from '../mapping.ts';
import { imagesOf, noImages, type Images, type ParkedChange, type ParkedKeys, type Refusal } from './parked-keys.ts';
import type { DomainPosition, Gtid, Position } from '../position.ts';

/** What changes mean at the target. */
export interface BatchRules {
  readonly maps: TableMaps;
  /** Target tables that a TRUNCATE of a source table empties. */
  readonly truncates?: Readonly<Record<string, readonly string[]>>;
  /** Which keys wait; changes of them wait behind. */
  readonly parking?: ParkedKeys;
  /** `park`: a change that cannot be applied goes into the park, if there is one; otherwise it is an error. */
  readonly onRefusal?: 'stop' | 'park';
}

/** A change and where it stands in the log. */
export interface PlacedChange {
  readonly change: ChangeEvent;
  readonly gtid: Gtid;
  /** Within its transaction, from 0. */
  readonly ordinal: number;
}

export interface KeptTransaction {
  readonly transaction: SourceTransaction;
  readonly isOurs: boolean;
  readonly ordinal: number;
}

const nothing = noImages.before;

/** Source transactions that are applied in one target transaction, or one piece of a transaction. */
export class Batch {
  readonly coalesced = new Coalescer();
  readonly parked: ParkedChange[] = [];
  /** What was taken, as it came: kept only where a refusal means looking at the changes one by one. */
  readonly kept: KeptTransaction[] = [];
  readonly from: Position;
  /** A piece of a transaction: more follow, or it is the last one. */
  part: 'more' | 'last' | undefined;
  /** Takes nothing more. */
  isClosed = false;
  /** Changes of the unit's own rows, rehearsals not counted. */
  dataChanges = 0;
  changes = 0;
  bytes = 0;
  transactions = 0;
  newestAtMs = 0;
  /** The source's hint for what follows the last transaction taken. */
  cursor: string | undefined;
  private readonly rules: BatchRules;
  private readonly reached: Map<number, DomainPosition>;
  private taken = 0;

  constructor(rules: BatchRules, from: Position) {
    this.rules = rules;
    this.from = from;
    this.reached = new Map(from);
  }

  /** Position after everything taken so far; pieces move it with their last one. */
  get position(): Position {
    return this.reached;
  }

  get isEmpty(): boolean {
    return this.taken === 0;
  }

  /** True when the batch only moves the position. */
  get isIdle(): boolean {
    return this.coalesced.size === 0 && this.parked.length === 0 && this.part === undefined;
  }

  isFull(limits: { changes: number; bytes: number }): boolean {
    return this.changes >= limits.changes || this.bytes >= limits.bytes;
  }

  /** Takes a transaction or a piece; `isOurs` false only moves the position. `ordinal` is that of its first change. */
  add(transaction: SourceTransaction, isOurs: boolean, ordinal = 0): void {
    const { gtid, changes } = transaction;
    this.taken += 1;
    if (this.rules.onRefusal === 'park') this.kept.push({ transaction, isOurs, ordinal });
    if (isOurs) {
      for (let i = 0; i < changes.length; i++) this.take(changes[i] as ChangeEvent, gtid, ordinal + i);
      this.bytes += transaction.bytes;
    }
    if (transaction.continues) return;
    this.transactions += 1;
    this.newestAtMs = transaction.committedAtMs;
    this.cursor = transaction.cursor ?? this.cursor;
    this.reached.set(gtid.domain, { server: gtid.server, sequence: gtid.sequence });
  }

  take(change: ChangeEvent, gtid: Gtid, ordinal: number): void {
    const map = this.rules.maps[change.table];
    if (!map) return;
    this.changes += 1;
    if (change.table !== REHEARSAL_TABLE) this.dataChanges += 1;
    if (change.op === 't') return this.empty(change.table);
    const { parking, onRefusal } = this.rules;
    let images: Images = noImages;
    try {
      if (change.op === 'x') throw unreadable(change);
      images = {
        before: change.before ? map(change.before) : nothing,
        after: change.after ? map(change.after) : nothing,
      };
    } catch (error) {
      const refusal = change.op === 'x' ? (error as Error) : mappingFailed(change.table, error);
      if (!parking || onRefusal !== 'park') throw refusal;
      return this.park({ change, gtid, ordinal }, refusalOf(refusal), noImages);
    }
    if (parking?.holds(change, images)) this.park({ change, gtid, ordinal }, undefined, images);
    else carryDifference(images.before, images.after, this.coalesced);
  }

  /** Parks a change that the target has refused. */
  refuse(placed: PlacedChange, refusal: Refusal): void {
    this.changes += 1;
    this.park(placed, refusal, imagesOf(this.rules.maps, placed.change));
  }

  /** Without a refusal a change is parked because of what waits in front of it. */
  private park(placed: PlacedChange, refusal: Refusal | undefined, images: Images): void {
    if (this.rules.parking) this.parked.push(this.rules.parking.park(placed, refusal, images));
  }

  private empty(table: string): void {
    const targets = this.rules.truncates?.[table];
    const waits = this.rules.parking?.holdsTable(table, targets ?? []) ?? false;
    if (targets && !waits) return targets.forEach((target) => this.coalesced.empty(target));
    throw cdcErrors.error('CDC_TABLE_TRUNCATED', {
      message: targets
        ? `${table} was truncated while changes of it are parked; expected none`
        : `${table} was truncated; the mapping does not declare what that empties at the target`,
      ...(targets && { fix: 'replay or drop the parked changes of this table, then resume' }),
    });
  }
}

export function refusalOf(error: Error): Refusal {
  return { code: isBanyanError(error) ? error.code : 'CDC_ROW_REFUSED', reason: messageOf(error) };
}

/** A mapping's own errors say what is wrong without row contents; of any other error only the kind is shown. */
export function mappingFailed(table: string, error: unknown): Error {
  const reason = isBanyanError(error)
    ? messageOf(error)
    : error instanceof Error
      ? error.name
      : 'a value that is no error';
  return cdcErrors.error('CDC_MAPPING_FAILED', { message: `the mapping of ${table} threw: ${reason}` });
}

function unreadable({ table, reason }: UnreadableEvent): Error {
  return cdcErrors.error('CDC_EVENT_UNREADABLE', { message: `a change of ${table} cannot be carried: ${reason}` });
}
