import type { ChangeEvent, SourceTransaction } from '../../../change-event.ts';
import { cdcErrors } from '../../../errors.ts';
import type { Gtid, Position } from '../../../position.ts';
import { Continuity, formatGtid } from './continuity.ts';
import { formatCursor } from '../topic/cursor.ts';
import type { DecodeAt } from '../decode/decode-at.ts';
import { gtidOf } from './gtid-of.ts';
import type { ChangeRecord, KafkaRecord } from '../decode/record.ts';
import { snapshotRow, withoutMetadata } from './refusals.ts';
import type { Place } from '../topic/topic-log.ts';

export interface TransactionAssemblerOptions {
  readonly from: Position;
  /** From how many bytes on a transaction is handed over in pieces. */
  readonly pieceBytes: number;
  readonly place: Place;
}

interface OpenTransaction {
  readonly id: string;
  readonly gtid: Gtid;
  readonly atMs: number;
  changes: ChangeEvent[];
  bytes: number;
  /** `total_order` of the last change since the last BEGIN. */
  order: number;
  /** Changes taken since its first BEGIN, ours or not. */
  taken: number;
  /** So many of what comes next were taken before. */
  repeated: number;
  /** True once it holds a row change, which only a transaction with an END may have. */
  hasRows: boolean;
  /** Offsets of records that an operator has given up: each may be a change that is missing here. */
  readonly passed: Set<number>;
  schemaChange?: string;
}

/**
 * Puts the records of one ordered topic together to transactions.
 *
 * - Between transactions: `open` is undefined. A BEGIN opens one; a BEGIN that is covered by what was delivered is a
 *   repetition, and everything up to the next BEGIN is passed over.
 * - Open: changes are collected by their `total_order`. END closes it and its count must match; a BEGIN of a later
 *   transaction closes it too, if it held no rows: a definition has no END.
 * - Begun again: a connector that was killed inside a transaction writes its BEGIN once more, goes on behind what was
 *   acknowledged and counts anew from 1, in END too. What follows is appended. With exactly-once delivery that is the
 *   exact rest; without it some changes come twice, in order and in the same transaction, where the last image wins.
 * - Gone back: whole transactions before the open one are sent again, or the topic is read anew. Then the open one comes
 *   again from its start, and what was taken of it is passed over.
 * - Begun anew: a connector that had not stored its place yet begins at the head of the log. What lies between is in no
 *   topic; the next BEGIN shows whether that is anything, and nothing but a BEGIN does.
 *
 * It lives longer than a connection: what was handed over of an open transaction is not handed over again.
 */
export class TransactionAssembler {
  private readonly options: TransactionAssemblerOptions;
  private readonly continuity: Continuity;
  private open: OpenTransaction | undefined;
  private ready: SourceTransaction[] = [];
  /** Offset of the last record that belongs to the transaction that is open. */
  private lastOffset = -1;
  private hasGoneBack = false;
  /** A connector has begun anew since the last BEGIN. */
  private hasNewConnector = false;

  constructor(options: TransactionAssemblerOptions) {
    this.options = options;
    this.continuity = new Continuity(options.from);
  }

  get position(): Position {
    return this.continuity.position;
  }

  /**
   * True while only the next BEGIN can tell: a BEGIN stands alone, which may be a definition, or a connector has begun
   * anew.
   */
  get awaitsNext(): boolean {
    return this.hasNewConnector || (this.open !== undefined && !this.open.hasRows);
  }

  /** The topic is about to be read anew, from behind the last whole transaction. */
  restart(): void {
    this.hasGoneBack = true;
  }

  /** Takes the record at this offset; returns what became whole by it, which is mostly nothing. */
  take(record: ReturnType<DecodeAt>, offset: number): readonly SourceTransaction[] {
    switch (record.kind) {
      case 'begin':
        this.begin(record.transactionId, record.atMs, offset);
        break;
      case 'change':
        this.change(record, offset);
        break;
      case 'end':
        this.end(record.transactionId, record.count, offset);
        break;
      case 'ddl':
        this.definition(record, offset);
        break;
      case 'passed':
        this.open?.passed.add(offset);
        return NONE;
      case 'new-connector':
        this.hasNewConnector = true;
        return NONE;
      case 'nothing':
        return NONE;
    }
    return this.takeReady();
  }

  private begin(id: string, atMs: number, offset: number): void {
    const isAnew = this.hasNewConnector;
    this.hasNewConnector = false;
    if (this.open?.id === id) return this.beginAgain(this.open);
    const gtid = this.gtidOf(id, offset);
    if (this.continuity.covers(gtid)) return this.restart();
    if (this.open) this.closeWithoutEnd(this.open, gtid, isAnew);
    this.continuity.requireNext(gtid, this.at(offset));
    const counts = { bytes: 0, order: 0, taken: 0, repeated: 0 };
    this.open = { id, gtid, atMs, changes: [], ...counts, hasRows: false, passed: new Set() };
    this.hasGoneBack = false;
    this.lastOffset = offset;
  }

  private beginAgain(open: OpenTransaction): void {
    open.order = 0;
    open.passed.clear();
    if (this.hasGoneBack) open.repeated = open.taken;
    this.hasGoneBack = false;
  }

  private change(record: ChangeRecord, offset: number): void {
    if (record.isSnapshot) throw snapshotRow(this.at(offset));
    if (record.transactionId === null) throw withoutMetadata(this.at(offset));
    if (!this.belongs(record.transactionId, offset) || !this.open) return;
    const { open } = this;
    if (record.order <= open.order) return;
    if (record.order > open.order + 1 + open.passed.size)
      throw this.incomplete(open.gtid, `change ${record.order} follows change ${open.order}`, offset);
    open.order = record.order;
    if (open.repeated > 0) open.repeated -= 1;
    else this.collect(open, record);
  }

  private collect(open: OpenTransaction, record: ChangeRecord): void {
    open.taken += 1;
    open.hasRows ||= record.event !== null && record.event.op !== 't';
    if (record.event) open.changes.push(record.event);
    open.bytes += record.event ? record.bytes : 0;
    if (open.bytes >= this.options.pieceBytes) this.deliverPiece(open);
  }

  /** A definition that names no transaction describes the tables as the connector found them when it was created. */
  private definition(record: Extract<KafkaRecord, { kind: 'ddl' }>, offset: number): void {
    if (record.transactionId === null || !this.belongs(record.transactionId, offset)) return;
    if (record.isOurs && this.open) this.open.schemaChange ??= record.statement;
  }

  private end(id: string, count: number, offset: number): void {
    if (!this.belongs(id, offset) || !this.open) return;
    const { open } = this;
    if (count < open.order || count > open.order + open.passed.size)
      throw this.incomplete(open.gtid, `END counts ${count} changes, ${open.order} came`, offset);
    this.deliver(open);
  }

  /** True for a record of the open transaction; false for a repetition of an older one. */
  private belongs(id: string, offset: number): boolean {
    if (this.open?.id === id && !this.hasGoneBack) {
      this.lastOffset = offset;
      return true;
    }
    const gtid = this.gtidOf(id, offset);
    if (this.continuity.covers(gtid)) return false;
    this.continuity.requireNext(gtid, this.at(offset));
    throw this.incomplete(gtid, 'its BEGIN is missing', offset);
  }

  private closeWithoutEnd(open: OpenTransaction, next: Gtid, isAnew: boolean): void {
    const who = isAnew ? ', from a connector that has begun anew' : '';
    if (open.hasRows && open.passed.size === 0)
      throw this.incomplete(open.gtid, `${formatGtid(next)} begins in front of its END${who}`, this.lastOffset + 1);
    this.deliver(open);
  }

  private deliverPiece(open: OpenTransaction): void {
    const { gtid, atMs, changes, bytes } = open;
    this.ready.push({ gtid, committedAtMs: atMs, changes, bytes, continues: true });
    open.changes = [];
    open.bytes = 0;
  }

  private deliver({ gtid, atMs, changes, bytes, schemaChange }: OpenTransaction): void {
    this.open = undefined;
    this.continuity.reach(gtid);
    const cursor = formatCursor(this.options.place, this.lastOffset + 1);
    const statement = schemaChange === undefined ? {} : { schemaChange };
    this.ready.push({ gtid, committedAtMs: atMs, changes, bytes, cursor, ...statement });
  }

  private takeReady(): readonly SourceTransaction[] {
    if (this.ready.length === 0) return NONE;
    const { ready } = this;
    this.ready = [];
    return ready;
  }

  private gtidOf(id: string, offset: number): Gtid {
    return gtidOf(id, this.at(offset));
  }

  private at(offset: number): string {
    return formatCursor(this.options.place, offset);
  }

  private incomplete(gtid: Gtid, what: string, offset: number): Error {
    return cdcErrors.error('CDC_TRANSACTION_INCOMPLETE', {
      message: `transaction ${formatGtid(gtid)} is not whole at ${this.at(offset)}: ${what}`,
    });
  }
}

const NONE: readonly SourceTransaction[] = [];
