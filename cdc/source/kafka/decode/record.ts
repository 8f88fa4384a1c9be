import type { ChangeEvent } from '../../../change-event.ts';

/**
 * What one Kafka message of a Debezium connector means for a unit. Messages are told apart by their shape, never by the
 * topic they lie in. `transactionId` is Debezium's `transaction.id`, on MariaDB the transaction's GTID.
 */
export type KafkaRecord =
  | ChangeRecord
  | { readonly kind: 'begin'; readonly transactionId: string; readonly atMs: number }
  /** `count` is how many changes of captured tables the transaction had, ours or not. */
  | { readonly kind: 'end'; readonly transactionId: string; readonly count: number; readonly atMs: number }
  /** A statement that changes a definition; `isOurs` when it names a table of the unit. */
  | {
      readonly kind: 'ddl';
      readonly transactionId: string | null;
      readonly statement: string;
      readonly isOurs: boolean;
    }
  /** A connector that knew no place in the log begins at its head, and describes the tables as it finds them. */
  | { readonly kind: 'new-connector' }
  /** Nothing to do: a tombstone, a heartbeat, a signal. */
  | { readonly kind: 'nothing' };

export interface ChangeRecord {
  readonly kind: 'change';
  /** `null` for a change of a table that is none of the unit's: it only counts within its transaction. */
  readonly event: ChangeEvent | null;
  /** `null` when the connector was told to send no transaction metadata. */
  readonly transactionId: string | null;
  /** `total_order` within the transaction, from 1; 0 when unknown. */
  readonly order: number;
  /** True for rows of a Debezium snapshot (`op` r, or `source.snapshot` other than false). */
  readonly isSnapshot: boolean;
  /** The source's clock at commit; milliseconds since the epoch. */
  readonly atMs: number;
  /** About how much memory the event holds. */
  readonly bytes: number;
}

/** Decodes one message. Throws `CDC_EVENT_MALFORMED` on anything it does not understand to the last byte it needs. */
export type DecodeRecord = (message: KafkaMessageBytes) => KafkaRecord;

export interface KafkaMessageBytes {
  /** `null` is a tombstone. */
  readonly value: Buffer | null;
}
