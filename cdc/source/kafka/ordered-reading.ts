import type { SourceTransaction } from '../../change-event.ts';
import type { StartPoint } from '../../change-source.ts';
import type { Position } from '../../position.ts';
import { decodeAt, type DecodeAt } from './decode/decode-at.ts';
import { findStart } from './find-start.ts';
import type { OrderedOptions } from './kafka-change-source.ts';
import { Nudge, nudgeWriter } from './nudge.ts';
import type { OpenedTopics } from './read-again.ts';
import type { RecordFormat } from './decode/record-format.ts';
import { requireReadable } from './topic/require-readable.ts';
import type { FetchedPartition, LogRecord, Place, TopicLog } from './topic/topic-log.ts';
import { TransactionAssembler } from './transaction/transaction-assembler.ts';

// Larger answers cost more memory and more time per message: what was read no longer lies in the cache.
const BACKLOG_BYTES = 2 * 1024 * 1024;
// Decoded rows take several times the bytes they have in the topic.
const PIECE_BYTES = 1024 * 1024;
// So many transactions are handed over together; held longer they would only take memory.
const AT_ONCE = 32;
const LONG_POLL_MS = 250;

/** One reading of a topic that holds everything of a unit in order; it outlives the connections it is read over. */
export class OrderedReading {
  private readonly place: Place;
  private readonly from: StartPoint;
  private readonly assembler: TransactionAssembler;
  private readonly nudge: Nudge;
  /** One answer is worked on while the next is on its way. */
  private readonly fetchBytes: number;
  private cursor: string | undefined;

  constructor(options: OrderedOptions, from: StartPoint) {
    const { topic, backlogBytes = BACKLOG_BYTES, pieceBytes = PIECE_BYTES, databaseUrl, log } = options;
    this.place = { topic, partition: 0 };
    this.from = from;
    this.cursor = from.cursor;
    this.assembler = new TransactionAssembler({ from: from.position, pieceBytes, place: this.place });
    this.nudge = new Nudge(nudgeWriter(databaseUrl, log));
    this.fetchBytes = Math.ceil(backlogBytes / 2);
  }

  /** Up to where transactions were given. */
  get position(): Position {
    return this.assembler.position;
  }

  async *read({ topics, format }: OpenedTopics, signal: AbortSignal): AsyncGenerator<readonly SourceTransaction[]> {
    const { place, assembler } = this;
    const decode = decodeAt(format.createDecoder(), this.from.passes);
    await requireReadable(topics, place.topic, { isOrdered: true });
    assembler.restart();
    let ahead = this.fetch(topics, await this.start(topics, format));
    while (!signal.aborted) {
      const answer = await ahead;
      ahead = this.fetch(topics, answer.next);
      yield* this.takeAll(decode, answer.records);
      const isQuiet = answer.records.length === 0 && answer.next >= answer.end;
      await this.nudge.look(isQuiet && assembler.awaitsNext);
    }
  }

  /** Many at a time, because each step of the generators around costs more than a transaction. */
  private *takeAll(decode: DecodeAt, records: readonly LogRecord[]): Generator<readonly SourceTransaction[]> {
    let ready: SourceTransaction[] = [];
    try {
      for (const record of records) {
        const whole = this.assembler.take(decode(record, this.place), record.offset);
        for (const transaction of whole) ready.push(transaction);
        if (ready.length < AT_ONCE) continue;
        yield this.handOver(ready);
        ready = [];
      }
    } catch (error) {
      // What is whole in front of a record that cannot be read is still given.
      if (ready.length > 0) yield this.handOver(ready);
      throw error;
    }
    if (ready.length > 0) yield this.handOver(ready);
  }

  private handOver(ready: readonly SourceTransaction[]): readonly SourceTransaction[] {
    this.cursor = ready.findLast(({ cursor }) => cursor !== undefined)?.cursor ?? this.cursor;
    return ready;
  }

  private start(log: TopicLog, { transactionOf }: RecordFormat): Promise<number> {
    const { cursor, place, position } = this;
    return findStart({ log, place, transactionOf, from: { position, ...(cursor !== undefined && { cursor }) } });
  }

  private fetch(topics: TopicLog, offset: number): Promise<FetchedPartition> {
    const { place, fetchBytes } = this;
    const limits = { waitMs: LONG_POLL_MS, maxBytes: fetchBytes };
    const answer = topics
      .fetch([{ ...place, offset }], limits)
      .then(([partition]) => partition ?? { ...place, records: [], next: offset, end: offset });
    // Asked for ahead: its error is met when its turn comes.
    answer.catch(() => undefined);
    return answer;
  }
}
