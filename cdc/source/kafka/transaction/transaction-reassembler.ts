import type { ChangeEvent, SourceTransaction } from '../../../change-event.ts';
import { cdcErrors } from '../../../errors.ts';
import type { Gtid, Position } from '../../../position.ts';
import { Continuity, formatGtid } from './continuity.ts';
import { formatCursor } from '../topic/cursor.ts';
import { gtidOf } from './gtid-of.ts';
import type { ChangeRecord, KafkaRecord } from '../decode/record.ts';
import { snapshotRow, withoutMetadata } from './refusals.ts';
import type { Place } from '../topic/topic-log.ts';

/** A transaction whose parts are on their way from several topics. */
interface Gathering {
  readonly id: string;
  readonly gtid: Gtid;
  atMs: number;
  isBegun: boolean;
  readonly changes: GatheredChange[];
  bytes: number;
  schemaChange?: string;
  /** Number of its closing: by END, or by the BEGIN of the next one. */
  closing?: number;
  /** What END counts; undefined for a definition, which has no END. */
  expected?: number;
  /** The connector was restarted inside it: END counts only what came after that. */
  hasBegunAgain: boolean;
}

interface GatheredChange {
  readonly order: number;
  readonly event: ChangeEvent;
}

/**
 * Puts transactions together whose changes lie in a topic per table and whose BEGIN and END lie in another one. They are
 * given in the order of their BEGIN, each when as many changes came as its END counts.
 *
 * Two kinds tell no count: a definition, and a transaction inside which the connector was restarted. They are given when
 * every topic was read to its end after they were closed (`settle`); a part that comes later still is an error.
 */
export class TransactionReassembler {
  private readonly begun: Continuity;
  private readonly given: Continuity;
  private readonly gathered = new Map<string, Gathering>();
  private readonly queue: Gathering[] = [];
  /** The transaction that the last change of a topic belongs to. */
  private readonly latest = new Map<string, Gathering>();
  private held = 0;
  /** Ids of those that were given without a count. */
  private readonly uncounted = new Set<string>();
  /** A connector has begun anew since the last BEGIN. */
  private hasNewConnector = false;
  private closings = 0;
  private settled = 0;

  constructor(from: Position) {
    this.begun = new Continuity(from);
    this.given = new Continuity(from);
  }

  get position(): Position {
    return this.given.position;
  }

  /**
   * True while the newest BEGIN has no END: for a definition only the next BEGIN will be one. Also when a connector has
   * begun anew: only a BEGIN shows what it left out.
   */
  get awaitsNext(): boolean {
    const last = this.queue.at(-1);
    return this.hasNewConnector || (last !== undefined && last.closing === undefined);
  }

  /** About how much memory is held: by all changes here, and by those of the transaction that is next. */
  get heldBytes(): { readonly all: number; readonly next: number } {
    return { all: this.held, next: this.queue[0]?.bytes ?? 0 };
  }

  /** True when a topic was read beyond the transaction that is next: nothing that it waits for can come from there. */
  isAhead(topic: string): boolean {
    const latest = this.latest.get(topic);
    return latest !== undefined && this.gathered.has(latest.id) && latest !== this.queue[0];
  }

  /** Number of the latest closing; `settle` takes it once everything asked for after it was read to its end. */
  get mark(): number {
    return this.closings;
  }

  settle(mark: number): void {
    this.settled = Math.max(this.settled, mark);
  }

  /** Takes a record. `count` is what an END says of the tables that are read. */
  take(record: KafkaRecord, place: Place, offset: number, count: (() => number) | undefined): void {
    if (record.kind === 'nothing') return;
    if (record.kind === 'new-connector') {
      this.hasNewConnector = true;
      return;
    }
    const where = formatCursor(place, offset);
    if (record.transactionId === null) {
      if (record.kind === 'change') throw record.isSnapshot ? snapshotRow(where) : withoutMetadata(where);
      return;
    }
    const gtid = gtidOf(record.transactionId, where);
    if (record.kind === 'begin') this.hasNewConnector = false;
    if (this.given.covers(gtid)) return this.refuseLate(record, where);
    if (record.kind === 'begin') this.begin(this.gathering(record.transactionId, gtid), record.atMs, where);
    else if (record.kind === 'change') this.change(this.gathering(record.transactionId, gtid), record, place, where);
    else if (record.kind === 'ddl') this.definition(this.gathering(record.transactionId, gtid), record);
    else this.close(this.gathering(record.transactionId, gtid), count?.());
  }

  /** The next transaction that is whole. */
  next(): SourceTransaction | undefined {
    const [head] = this.queue;
    if (!head || !this.isWhole(head)) return undefined;
    this.queue.shift();
    this.gathered.delete(head.id);
    this.given.reach(head.gtid);
    this.uncounted.clear();
    if (isUncounted(head)) this.uncounted.add(head.id);
    this.held -= head.bytes;
    const { gtid, atMs, bytes, schemaChange } = head;
    const statement = schemaChange === undefined ? {} : { schemaChange };
    return { gtid, committedAtMs: atMs, changes: inOrder(head), bytes, ...statement };
  }

  /** The transaction everything waits for, if it was closed and still lacks something. */
  stuck(): { readonly gtid: string; readonly what: string } | undefined {
    const [head] = this.queue;
    if (head?.expected === undefined || this.isWhole(head)) return undefined;
    const what = `END counts ${head.expected} changes of these tables, ${distinct(head)} came`;
    return { gtid: formatGtid(head.gtid), what };
  }

  private gathering(id: string, gtid: Gtid): Gathering {
    let gathering = this.gathered.get(id);
    if (!gathering) {
      gathering = { id, gtid, atMs: 0, isBegun: false, changes: [], bytes: 0, hasBegunAgain: false };
      this.gathered.set(id, gathering);
    }
    return gathering;
  }

  private begin(gathering: Gathering, atMs: number, where: string): void {
    if (gathering.isBegun) {
      gathering.hasBegunAgain = true;
      return;
    }
    this.begun.requireNext(gathering.gtid, where);
    this.begun.reach(gathering.gtid);
    const last = this.queue.at(-1);
    if (last && last.closing === undefined) this.close(last, undefined);
    gathering.isBegun = true;
    gathering.atMs = atMs;
    this.queue.push(gathering);
  }

  private close(gathering: Gathering, expected: number | undefined): void {
    this.closings += 1;
    gathering.closing = this.closings;
    if (expected !== undefined) gathering.expected = expected;
  }

  private change(gathering: Gathering, record: ChangeRecord, { topic }: Place, where: string): void {
    if (record.isSnapshot) throw snapshotRow(where);
    if (!record.event) return;
    const bytes = record.bytes + OVERHEAD_BYTES;
    gathering.changes.push({ order: record.order, event: record.event });
    gathering.bytes += bytes;
    this.latest.set(topic, gathering);
    this.held += bytes;
  }

  private definition(gathering: Gathering, record: Extract<KafkaRecord, { kind: 'ddl' }>): void {
    if (record.isOurs) gathering.schemaChange ??= record.statement;
  }

  private isWhole(gathering: Gathering): boolean {
    const { closing, expected } = gathering;
    if (closing === undefined) return false;
    if (isUncounted(gathering)) return this.settled >= closing && gathering.changes.length >= (expected ?? 0);
    return gathering.changes.length >= (expected ?? 0) && distinct(gathering) >= (expected ?? 0);
  }

  /** A repetition of what was given means nothing, unless it was given without knowing that it was whole. */
  private refuseLate(record: KafkaRecord, where: string): void {
    if (record.kind !== 'change' && record.kind !== 'ddl') return;
    if (record.transactionId === null || !this.uncounted.has(record.transactionId)) return;
    if (record.kind === 'ddl' ? !record.isOurs : !record.event) return;
    throw cdcErrors.error('CDC_TRANSACTION_INCOMPLETE', {
      message: `transaction ${record.transactionId} was given without what lies at ${where}: its topics do not tell their order`,
      fix: 'let the connector write one topic per unit (mode ordered), then take a new snapshot',
    });
  }
}

const OVERHEAD_BYTES = 100;

function isUncounted({ expected, hasBegunAgain }: Gathering): boolean {
  return expected === undefined || hasBegunAgain;
}

/** Counted by their order: a producer that repeats itself writes a change twice. */
function distinct({ changes, hasBegunAgain }: Gathering): number {
  return hasBegunAgain ? changes.length : new Set(changes.map(({ order }) => order)).size;
}

/** After a restart inside the transaction the orders repeat; then what counts is that a topic's own order is kept. */
function inOrder({ changes, hasBegunAgain }: Gathering): ChangeEvent[] {
  if (hasBegunAgain) return changes.map(({ event }) => event);
  const sorted = changes.toSorted((a, b) => a.order - b.order);
  return sorted.filter(({ order }, i) => order !== sorted[i - 1]?.order).map(({ event }) => event);
}
