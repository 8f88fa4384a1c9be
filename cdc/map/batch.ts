import { isBanyanError, messageOf } from '../../shared/index.ts';
import { REHEARSAL_TABLE } from '../apply/bookkeeping.ts';
import type { ChangeEvent, SourceTransaction } from '../change-event.ts';
import { Coalescer } from './coalesce.ts';
import { cdcErrors } from '../errors.ts';
import { mapChange } from './map.ts';
import type { TableMaps } from '../mapping.ts';
import type { DomainPosition, Gtid, Position } from '../position.ts';

/** Source transactions that are applied in one target transaction. */
export class Batch {
  readonly coalesced = new Coalescer();
  /** Changes of the unit's own rows, rehearsals not counted. */
  dataChanges = 0;
  changes = 0;
  bytes = 0;
  transactions = 0;
  newestAtMs = 0;
  /** The source's hint for what follows the last transaction taken. */
  cursor: string | undefined;
  private readonly maps: TableMaps;
  private readonly reached: Map<number, DomainPosition>;

  constructor(maps: TableMaps, from: Position) {
    this.maps = maps;
    this.reached = new Map(from);
  }

  /** Position after everything taken so far. */
  get position(): Position {
    return this.reached;
  }

  get isEmpty(): boolean {
    return this.transactions === 0;
  }

  /** True when the batch only moves the position. */
  get isIdle(): boolean {
    return this.coalesced.size === 0;
  }

  isFull(limits: { changes: number; bytes: number }): boolean {
    return this.changes >= limits.changes || this.bytes >= limits.bytes;
  }

  /** Takes a whole transaction; `isOurs` false only moves the position. */
  add(transaction: SourceTransaction, isOurs: boolean): void {
    this.transactions += 1;
    this.newestAtMs = transaction.committedAtMs;
    if (isOurs) for (const change of transaction.changes) this.take(change);
    if (isOurs) this.bytes += transaction.bytes;
    this.cursor = transaction.cursor ?? this.cursor;
    this.reach(transaction.gtid);
  }

  private take(change: ChangeEvent): void {
    const map = this.maps[change.table];
    if (!map || change.op === 't' || change.op === 'x') return;
    this.changes += 1;
    if (change.table !== REHEARSAL_TABLE) this.dataChanges += 1;
    try {
      mapChange(map, change, this.coalesced);
    } catch (error) {
      throw mappingFailed(change.table, error);
    }
  }

  private reach({ domain, server, sequence }: Gtid): void {
    this.reached.set(domain, { server, sequence });
  }
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
