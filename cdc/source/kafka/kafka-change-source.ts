import type { SourceTransaction } from '../../change-event.ts';
import type { ChangeSource, StartPoint } from '../../change-source.ts';
import { createHeadReader, type HeadReader } from '../head-reader.ts';
import type { BrokerOptions } from './broker-options.ts';
import { openKafkaJsTopicLog } from './kafkajs-topic-log.ts';
import { OrderedReading } from './ordered-reading.ts';
import { readAgain } from './read-again.ts';
import type { DecodeRecord } from './record.ts';
import { requireSameHistory } from './same-history.ts';

export interface TopicReadingOptions extends BrokerOptions {
  /** One topic with one partition: rows, BEGIN, END and definitions of a unit, in the order of the source's log. */
  readonly topic: string;
  /** The source itself: asked for its newest position and for the kinds of its columns. */
  readonly databaseUrl: string;
  /** How much may lie in memory as it came from the broker. */
  readonly backlogBytes?: number;
  /** How much of one transaction is held at once; a larger one comes in pieces. */
  readonly pieceBytes?: number;
}

/** Reads topics with a given decoder; see `createKafkaChangeSource` for the one that is meant. */
export function createTopicSource(
  options: TopicReadingOptions,
  createDecoder: () => Promise<DecodeRecord>,
): ChangeSource {
  const head = createHeadReader(options.databaseUrl);
  return {
    read: (from, signal) => readTopics(options, createDecoder, head, from, signal),
    head: () => head.read(),
    close: () => head.close(),
  };
}

async function* readTopics(
  options: TopicReadingOptions,
  createDecoder: () => Promise<DecodeRecord>,
  head: HeadReader,
  from: StartPoint,
  signal: AbortSignal,
): AsyncGenerator<SourceTransaction> {
  const reading = new OrderedReading(options, from);
  yield* readAgain({
    log: options.log,
    signal,
    open: async () => {
      await requireSameHistory(head, reading.position, options);
      return { decode: await createDecoder(), topics: await openKafkaJsTopicLog(options) };
    },
    read: (opened) => reading.read(opened, signal),
  });
}
