import { systemClock } from '../../../shared/index.ts';
import type { SourceTransaction } from '../../change-event.ts';
import type { StartPoint } from '../../change-source.ts';
import { cdcErrors } from '../../errors.ts';
import { formatPosition, type Position } from '../../position.ts';
import { countIn } from './transaction/collection-counts.ts';
import { formatCursor } from './topic/cursor.ts';
import { decodeAt, type DecodeAt } from './decode/decode-at.ts';
import { findStart } from './find-start.ts';
import type { PerTableOptions } from './kafka-change-source.ts';
import { Nudge, nudgeWriter } from './nudge.ts';
import type { OpenedTopics } from './read-again.ts';
import type { RecordFormat } from './decode/record-format.ts';
import { requireReadable } from './topic/require-readable.ts';
import type { FetchedPartition, Place, TopicLog } from './topic/topic-log.ts';
import { TransactionReassembler } from './transaction/transaction-reassembler.ts';

/** What is not promised with a topic per table; said at every start. */
export const PER_TABLE_LIMITS =
  'a topic per table does not keep the order between tables: transactions are put together from counts in memory, ' +
  'a large one stops the stream, and a TRUNCATE or ALTER may stop it where one topic per unit would not';

const BACKLOG_BYTES = 64 * 1024 * 1024;
const FETCH_BYTES = 1024 * 1024;
const LONG_POLL_MS = 250;
// With partitions on several brokers one that has nothing new would hold up the others.
const SHORT_POLL_MS = 20;
const STUCK_MS = 10_000;

/** One reading of a topic per table; what it holds in part is read again after a lost connection. */
export class PerTableReading {
  private readonly options: PerTableOptions;
  private readonly from: StartPoint;
  private readonly nudge: Nudge;
  private readonly counted: ReadonlySet<string>;
  private reassembler: TransactionReassembler;
  private stuckSince: number | undefined;

  constructor(options: PerTableOptions, from: StartPoint) {
    this.options = options;
    this.from = from;
    this.nudge = new Nudge(nudgeWriter(options.databaseUrl, options.log));
    this.counted = new Set(options.captured);
    this.reassembler = new TransactionReassembler(from.position);
    options.log.info({ topics: options.topics.length }, PER_TABLE_LIMITS);
  }

  /** Up to where transactions were given. */
  get position(): Position {
    return this.reassembler.position;
  }

  async *read({ topics, format }: OpenedTopics, signal: AbortSignal): AsyncGenerator<readonly SourceTransaction[]> {
    this.reassembler = new TransactionReassembler(this.position);
    const offsets = await this.start(topics, format);
    const groups = await topics.groupByLeader([...offsets.values()].map(({ place }) => place));
    const decode = decodeAt(format.createDecoder(), this.from.passes);
    while (!signal.aborted) {
      const { mark } = this.reassembler;
      const answers = await this.fetch(topics, groups, offsets);
      for (const answer of answers) this.take(decode, answer, offsets);
      const isQuiet = answers.every(({ records, next, end }) => records.length === 0 && next >= end);
      if (answers.every(({ next, end }) => next >= end)) this.reassembler.settle(mark);
      for (let whole = this.reassembler.next(); whole; whole = this.reassembler.next()) yield [whole];
      this.refuseStuck(isQuiet);
      await this.nudge.look(isQuiet && this.reassembler.awaitsNext);
    }
  }

  private async start(log: TopicLog, { transactionOf }: RecordFormat): Promise<Map<string, Reached>> {
    const offsets = new Map<string, Reached>();
    for (const topic of this.options.topics) {
      for (const partition of await requireReadable(log, topic)) {
        const place = { topic, partition };
        const offset = await findStart({ log, place, transactionOf, from: { position: this.position } });
        offsets.set(nameOf(place), { place, offset });
      }
    }
    return offsets;
  }

  /** Once enough is held, only the topics are asked that the next transaction may still wait for. */
  private async fetch(topics: TopicLog, groups: Place[][], offsets: Map<string, Reached>): Promise<FetchedPartition[]> {
    const isFull = this.refuseTooLarge();
    const waitMs = groups.length === 1 ? LONG_POLL_MS : SHORT_POLL_MS;
    const answers = groups.map((group) => {
      const asked = group.filter(({ topic }) => !isFull || !this.reassembler.isAhead(topic));
      const requests = asked.map((place) => ({ ...place, offset: offsets.get(nameOf(place))?.offset ?? 0 }));
      return topics.fetch(requests, { waitMs, maxBytes: FETCH_BYTES });
    });
    return (await Promise.all(answers)).flat();
  }

  private take(decode: DecodeAt, answer: FetchedPartition, offsets: Map<string, Reached>): void {
    const { topic, partition, records, next } = answer;
    const place = { topic, partition };
    for (const record of records) {
      const decoded = decode(record, place);
      if (decoded.kind === 'passed') continue;
      const { value } = record;
      const count = value && decoded.kind === 'end' ? () => countIn(value, this.counted) : undefined;
      this.reassembler.take(decoded, place, record.offset, count);
    }
    offsets.set(nameOf(place), { place, offset: next });
  }

  /** True when no more may be held; throws when one transaction alone takes all of it. */
  private refuseTooLarge(): boolean {
    const limit = this.options.backlogBytes ?? BACKLOG_BYTES;
    const { all, next } = this.reassembler.heldBytes;
    if (next < limit) return all >= limit;
    throw cdcErrors.error('CDC_TRANSACTION_TOO_LARGE', {
      message: `a transaction after ${formatPosition(this.position)} is larger than the ${Math.round(limit / 1024)} KiB that may be held (backlogBytes)`,
    });
  }

  private refuseStuck(isQuiet: boolean): void {
    const stuck = isQuiet ? this.reassembler.stuck() : undefined;
    if (!stuck) {
      this.stuckSince = undefined;
      return;
    }
    this.stuckSince ??= systemClock.now();
    if (systemClock.now() - this.stuckSince < STUCK_MS) return;
    throw cdcErrors.error('CDC_TRANSACTION_INCOMPLETE', {
      message: `transaction ${stuck.gtid} is not whole although every topic was read to its end: ${stuck.what}`,
    });
  }
}

interface Reached {
  readonly place: Place;
  readonly offset: number;
}

const nameOf = (place: Place): string => formatCursor(place, 0);
