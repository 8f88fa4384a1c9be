import type { Value } from '../../../change-event.ts';
import type { ColumnInfo } from '../../../tables/catalogue.ts';
import type { ColumnType } from './column-type.ts';
import { tokenOf } from './json-fields.ts';
import { endOfValue, type JsonToken } from './json-text.ts';
import type { PayloadCursor } from './payload-cursor.ts';

/**
 * Turns what a message says of one column into a canonical value. Both ways give the same value or none; none
 * (`undefined`) means that the message does not hold a value of this column, and nothing is guessed.
 */
export interface ColumnReader {
  /** From the bytes at the cursor, which then stands behind the value. May give up on what `read` understands. */
  readonly scan: (cursor: PayloadCursor) => Value | undefined;
  readonly read: (token: JsonToken) => Value | undefined;
}

export interface ReaderContext {
  readonly column: ColumnInfo;
  readonly type: ColumnType;
  /** Null for a message without a schema. */
  readonly field: SchemaField | null;
  readonly settings: ConnectorSettings;
  readonly zeroDate: ZeroDateRule;
  readonly isKey: boolean;
  /** Tells that the value cannot be carried as it stands. */
  readonly doubt: (what: string) => void;
}

/** What the mapping's author declared about zero dates in a column. */
export type ZeroDateRule = 'undeclared' | 'zero-dates' | 'no-zero-dates';

/** What a message's schema says of one field. */
export interface SchemaField {
  readonly field: string;
  readonly type: string;
  /** Meaning on top of the type, such as `io.debezium.time.Date`. */
  readonly name: string | undefined;
  readonly version: number | undefined;
  readonly optional: boolean;
  readonly parameters: Readonly<Record<string, string>>;
  readonly default: unknown;
}

/** Settings of the connector that messages without a schema do not tell; those of `banyan connector` by default. */
export interface ConnectorSettings {
  /** `decimal.handling.mode` */
  readonly decimals: 'string' | 'precise';
  /** `binary.handling.mode` */
  readonly binary: 'bytes' | 'base64' | 'base64-url-safe' | 'hex';
}

export const usualSettings: ConnectorSettings = { decimals: 'string', binary: 'bytes' };

/** A reader without a fast way of its own. */
export function plainReader(read: (token: JsonToken) => Value | undefined): ColumnReader {
  return { read, scan: (cursor) => scanWith(cursor, read) };
}

export function scanWith(cursor: PayloadCursor, read: (token: JsonToken) => Value | undefined): Value | undefined {
  const { bytes, at, end } = cursor;
  const stop = endOfValue(bytes, at, end);
  if (stop < 0) return undefined;
  cursor.at = stop;
  const token = tokenOf(bytes, { from: at, to: stop });
  // oxlint-disable-next-line no-control-regex -- the range is the point
  if (token.kind === 'string' && /[^\u0000-\u007f]/.test(token.text)) cursor.sawHigh = true;
  return read(token);
}
