import { REHEARSAL_TABLE } from '../../apply/bookkeeping.ts';
import type { SourceTransaction } from '../../change-event.ts';
import type { ChangeSource, StartPoint } from '../../change-source.ts';
import type { Mapping } from '../../mapping.ts';
import type { Position } from '../../position.ts';
import { createHeadReader, type HeadReader } from '../head-reader.ts';
import type { BrokerOptions } from './topic/broker-options.ts';
import { loadDebeziumFormat } from './decode/debezium-format.ts';
import { openKafkaJsTopicLog } from './topic/kafkajs-topic-log.ts';
import { OrderedReading } from './ordered-reading.ts';
import { PerTableReading } from './per-table-reading.ts';
import { readAgain, type OpenedTopics } from './read-again.ts';
import type { LoadFormat } from './decode/record-format.ts';
import { requireSameHistory } from './same-history.ts';

interface ReadingOptions extends BrokerOptions {
  /** The source itself: asked for its newest position and for the kinds of its columns. */
  readonly databaseUrl: string;
  /** How much may lie in memory: as it came from the broker, or while transactions are put together. */
  readonly backlogBytes?: number;
}

export interface OrderedOptions extends ReadingOptions {
  readonly mode: 'ordered';
  /** One topic with one partition: rows, BEGIN, END and definitions of a unit, in the order of the source's log. */
  readonly topic: string;
  /** How much of one transaction is held at once; a larger one comes in pieces. */
  readonly pieceBytes?: number;
}

/** For pipelines that exist already; see `PER_TABLE_LIMITS` for what it does not promise. */
export interface PerTableOptions extends ReadingOptions {
  readonly mode: 'per-table';
  /** A topic for every table of the unit, `<prefix>.transaction`, and `<prefix>` for definitions. */
  readonly topics: readonly string[];
  /** The tables, as `schema.table`, whose changes lie in these topics. */
  readonly captured: readonly string[];
}

interface UnitOptions {
  readonly schema: string;
  readonly tables: readonly string[];
  /** See `Mapping.zeroDates`. */
  readonly zeroDates?: Mapping['zeroDates'];
}

export type KafkaChangeSourceOptions = UnitOptions & (OrderedOptions | Omit<PerTableOptions, 'captured'>);

/** Reads what Debezium's MariaDB connector writes to Kafka, in the settings of `banyan connector <unit>`. */
export function createKafkaChangeSource(options: KafkaChangeSourceOptions): ChangeSource {
  const reading = options.mode === 'ordered' ? options : { ...options, captured: capturedTables(options) };
  return createTopicSource(reading, () => loadDebeziumFormat(options));
}

function capturedTables({ schema, tables, topics }: UnitOptions & { readonly topics: readonly string[] }): string[] {
  const hasRehearsal = topics.some((topic) => topic.endsWith(`.${REHEARSAL_TABLE}`));
  return [...tables.map((table) => `${schema}.${table}`), ...(hasRehearsal ? [REHEARSAL_TABLE] : [])];
}

/** Reads topics in any format. */
export function createTopicSource(options: OrderedOptions | PerTableOptions, load: LoadFormat): ChangeSource {
  const head = createHeadReader(options.databaseUrl);
  return {
    read: (from, signal) => readTopics(options, load, head, from, signal),
    head: () => head.read(),
    close: () => head.close(),
  };
}

/** One call of `read`; it outlives the connections it is read over. */
interface Reading {
  /** Up to where transactions were given. */
  readonly position: Position;
  read(opened: OpenedTopics, signal: AbortSignal): AsyncIterable<readonly SourceTransaction[]>;
}

async function* readTopics(
  options: OrderedOptions | PerTableOptions,
  load: LoadFormat,
  head: HeadReader,
  from: StartPoint,
  signal: AbortSignal,
): AsyncGenerator<readonly SourceTransaction[]> {
  const reading: Reading =
    options.mode === 'ordered' ? new OrderedReading(options, from) : new PerTableReading(options, from);
  yield* readAgain({
    log: options.log,
    signal,
    open: async () => {
      await requireSameHistory(head, reading.position, options);
      return { format: await load(), topics: await openKafkaJsTopicLog(options) };
    },
    read: (opened) => reading.read(opened, signal),
  });
}
