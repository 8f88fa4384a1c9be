import { MAX_MESSAGE_BYTES } from './change-topic.ts';

/** How the connector reads the log and writes values, the same for every unit. */
export const readerSettings: Readonly<Record<string, string>> = {
  // It starts at the head of the log: rows that are there already come through our own copy.
  'snapshot.mode': 'no_data',
  'snapshot.locking.mode': 'none',

  // BEGIN and END around the rows of every transaction of the server, and schema changes between them.
  'provide.transaction.metadata': 'true',
  'include.schema.changes': 'true',

  // By default truncates are dropped. A tombstone says nothing that the delete before it has not said.
  'skipped.operations': 'none',
  'tombstones.on.delete': 'false',

  // Values as they are: decimals and unsigned integers exact, times before 1970 and over 24 hours, years as written.
  'decimal.handling.mode': 'string',
  'bigint.unsigned.handling.mode': 'precise',
  'time.precision.mode': 'adaptive_time_microseconds',
  'binary.handling.mode': 'bytes',
  'enable.time.adjuster': 'false',

  // By default a value that cannot be converted becomes null and a warning.
  'event.converting.failure.handling.mode': 'fail',
  'event.processing.failure.handling.mode': 'fail',
  'inconsistent.schema.handling.mode': 'fail',
  'errors.tolerance': 'none',
  'errors.log.include.messages': 'false',

  // Milliseconds between a commit and its message; half a second by default.
  'poll.interval.ms': '10',
  'max.queue.size': '8192',
  'max.queue.size.in.bytes': String(64 << 20),

  // A source that went away is looked for again within seconds, for as long as it takes.
  'connect.keep.alive.interval.ms': '5000',
  'retriable.restart.connector.wait.ms': '2000',
  'errors.max.retries': '-1',
};

/** JSON in which null stays null: by default the converter puts the column's default in its place. */
export function converterSettings(withSchemas: boolean): Record<string, string> {
  const settings = ['key', 'value'].flatMap((side) => [
    [`${side}.converter`, 'org.apache.kafka.connect.json.JsonConverter'],
    [`${side}.converter.schemas.enable`, String(withSchemas)],
    [`${side}.converter.replace.null.with.default`, 'false'],
  ]);
  return Object.fromEntries(settings) as Record<string, string>;
}

/**
 * One partition takes one batch at a time: with the default of 16 KiB that is five messages. Compression stays off
 * because the reader knows only gzip.
 */
export const producerSettings: Readonly<Record<string, string>> = {
  'producer.override.max.request.size': String(MAX_MESSAGE_BYTES),
  'producer.override.buffer.memory': String(2 * MAX_MESSAGE_BYTES),
  'producer.override.batch.size': String(512 << 10),
  'producer.override.compression.type': 'none',
};
