import type { SourceTransaction } from './change-event.ts';
import type { Position } from './position.ts';

/** After what to begin. The position decides what is new; the cursor only saves the source a search. */
export interface StartPoint {
  readonly position: Position;
  /** As the source gave it with the transaction at `position`. */
  readonly cursor?: string;
  /** Messages an operator has given up (`DeadLetter.where`): exactly these are passed over, whatever they hold. */
  readonly passes?: readonly string[];
}

/**
 * Where changes come from: the binlog itself, or Kafka with Debezium's format.
 *
 * Promises: transactions arrive whole, in log order, each exactly once per call of `read`; a transaction that touched
 * none of the unit's tables still arrives (empty), so that the watermark moves on an idle unit; a consumer that stops
 * iterating holds the source back, memory stays bounded; a transaction too large to be held comes in pieces, one after
 * the other and never the same change twice. When the log no longer holds `from`, iteration fails with
 * `CDC_POSITION_LOST`; a lost connection is resumed inside the source and not seen here.
 */
export interface ChangeSource {
  /**
   * Transactions after `from.position`, until the signal aborts (then iteration ends without an error). As many at a time
   * as are there already, never waiting for more: a step of an iterator costs more than a transaction.
   */
  read(from: StartPoint, signal: AbortSignal): AsyncIterable<readonly SourceTransaction[]>;
  /** The newest position in the source's log now. */
  head(): Promise<Position>;
  /** Gives up what `head` keeps open; it is opened again when needed. */
  close(): Promise<void>;
}
