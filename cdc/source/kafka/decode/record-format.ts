import type { DecodeRecord } from './record.ts';
import type { LogRecord } from '../topic/topic-log.ts';

export const COPIED = Symbol('a row of a snapshot');

/** How the messages of a topic are written. */
export interface RecordFormat {
  /** A decoder follows definitions in the order of its messages; every one begins with those known at the start. */
  readonly createDecoder: () => DecodeRecord;
  /**
   * What a search needs of a message: its transaction, `COPIED` for a row of a connector's own snapshot, or null. It must
   * not fail on what cannot be decoded any more: a search looks at messages from before our time.
   */
  readonly transactionOf: (record: LogRecord) => string | typeof COPIED | null;
}

/** Learns what is to be known of the messages; asked again for every connection. */
export type LoadFormat = () => Promise<RecordFormat>;
