import type { Row, Value } from '../change-event.ts';
import { textDecoder, type TextDecode } from './charset.ts';
import { decimalBytes, decodeDecimal } from './decode-decimal.ts';
import { decodeDate, decodeDatetime, decodeTime, decodeTimestamp } from './decode-time.ts';
import { cdcErrors } from '../errors.ts';
import type { LogCursor } from './log-cursor.ts';
import { LogType } from './log-types.ts';
import type { LogColumn } from './table-map.ts';

/** Reads one value at the cursor and moves behind it. */
export type ReadValue = (cursor: LogCursor) => Value;
/** Character set name by collation number, as the server numbers them. */
export type Collations = ReadonlyMap<number, string>;

const BINARY = 63;

/** Reads row images of one table. */
export interface RowDecoder {
  readonly columnCount: number;
  readonly decode: (cursor: LogCursor) => Row;
  /** The second image of an update, right behind `before`: values whose bytes are the same are taken over. */
  readonly decodeAfter: (cursor: LogCursor, before: Row) => Row;
}

/** Compiles a table's columns once, so that a row costs one call per column and no decision. */
export function rowDecoder(table: string, columns: readonly LogColumn[], collations: Collations): RowDecoder {
  const names = columns.map((column) => column.name);
  const readers = columns.map((column) => columnReader(table, column, collations));
  const nullBytes = (columns.length + 7) >> 3;
  // Where each value of the image before stands; one more for the end of the last.
  const starts = new Uint32Array(columns.length + 1);
  const decode = (cursor: LogCursor): Row => {
    const { bytes, at: nulls } = cursor;
    cursor.at += nullBytes;
    const row: Record<string, Value> = {};
    for (let i = 0; i < names.length; i++) {
      starts[i] = cursor.at;
      const isNull = ((bytes[nulls + (i >> 3)] as number) & (1 << (i & 7))) !== 0;
      row[names[i] as string] = isNull ? null : (readers[i] as ReadValue)(cursor);
    }
    starts[names.length] = cursor.at;
    return row;
  };
  const decodeAfter = (cursor: LogCursor, before: Row): Row => {
    const { bytes, at: nulls } = cursor;
    cursor.at += nullBytes;
    const row: Record<string, Value> = {};
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      const isNull = ((bytes[nulls + (i >> 3)] as number) & (1 << (i & 7))) !== 0;
      const start = starts[i] as number;
      const length = (starts[i + 1] as number) - start;
      if (isNull) row[name] = null;
      else if (length > 0 && sameBytes(bytes, start, cursor.at, length)) {
        row[name] = before[name] as Value;
        cursor.at += length;
      } else row[name] = (readers[i] as ReadValue)(cursor);
    }
    return row;
  };
  return { columnCount: columns.length, decode, decodeAfter };
}

/** A value's bytes include its length, so equal bytes are an equal value. */
function sameBytes(bytes: Buffer, a: number, b: number, length: number): boolean {
  if (b + length > bytes.length) return false;
  for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}

function columnReader(table: string, column: LogColumn, collations: Collations): ReadValue {
  const reader = numberReader(column) ?? timeReader(column) ?? stringReader(table, column, collations);
  if (reader) return reader;
  throw cdcErrors.error('CDC_LOG_UNREADABLE', {
    message: `${table}.${column.name} has a column type (log type ${column.type}) that cannot be read from the log`,
  });
}

function numberReader({ type, unsigned, size, scale }: LogColumn): ReadValue | undefined {
  switch (type) {
    case LogType.TINY:
      return unsigned ? (c) => c.bytes[c.at++] as number : (c) => ((c.bytes[c.at++] as number) << 24) >> 24;
    case LogType.SHORT:
      return unsigned ? fixed(2, (b, at) => b.readUInt16LE(at)) : fixed(2, (b, at) => b.readInt16LE(at));
    case LogType.INT24:
      return unsigned ? fixed(3, (b, at) => b.readUIntLE(at, 3)) : fixed(3, (b, at) => b.readIntLE(at, 3));
    case LogType.LONG:
      return unsigned ? fixed(4, (b, at) => b.readUInt32LE(at)) : fixed(4, (b, at) => b.readInt32LE(at));
    case LogType.LONGLONG:
      return fixed(8, unsigned ? readUint64 : readInt64);
    case LogType.FLOAT:
      return fixed(4, (b, at) => b.readFloatLE(at) + 0);
    case LogType.DOUBLE:
      return fixed(8, (b, at) => b.readDoubleLE(at) + 0);
    case LogType.DECIMAL:
      return remembering(decimalBytes(size, scale), decodeDecimal(size, scale));
    case LogType.YEAR:
      return fixed(1, (b, at) => (b[at] === 0 ? 0 : (b[at] ?? 0) + 1900));
    default:
      return undefined;
  }
}

function fixed(size: number, read: (bytes: Buffer, at: number) => Value): ReadValue {
  return (cursor) => {
    const value = read(cursor.bytes, cursor.at);
    cursor.at += size;
    return value;
  };
}

/** Neighbouring rows often hold the same amount or the same zero date: the last text is given again. */
function remembering(size: number, read: ReadValue): ReadValue {
  if (size > 6) return read;
  let lastBytes = -1;
  let lastValue: Value = null;
  return (cursor) => {
    const bytes = cursor.bytes.readUIntLE(cursor.at, size);
    if (bytes === lastBytes) {
      cursor.at += size;
      return lastValue;
    }
    lastBytes = bytes;
    lastValue = read(cursor);
    return lastValue;
  };
}

function readUint64(bytes: Buffer, at: number): string {
  const high = bytes.readUInt32LE(at + 4);
  if (high < 0x200000) return String(high * 0x100000000 + bytes.readUInt32LE(at));
  return bytes.readBigUInt64LE(at).toString();
}

function readInt64(bytes: Buffer, at: number): string {
  const high = bytes.readInt32LE(at + 4);
  if (high >= 0 && high < 0x200000) return String(high * 0x100000000 + bytes.readUInt32LE(at));
  return bytes.readBigInt64LE(at).toString();
}

function timeReader({ type, scale }: LogColumn): ReadValue | undefined {
  switch (type) {
    case LogType.DATE:
    case LogType.NEWDATE:
      return remembering(3, decodeDate);
    case LogType.DATETIME:
      return remembering(5 + ((scale + 1) >> 1), decodeDatetime(scale));
    case LogType.TIMESTAMP:
      return remembering(4 + ((scale + 1) >> 1), decodeTimestamp(scale));
    case LogType.TIME:
      return decodeTime(scale);
    default:
      return undefined;
  }
}

function stringReader(table: string, column: LogColumn, collations: Collations): ReadValue | undefined {
  const { type, size } = column;
  switch (type) {
    case LogType.VARCHAR:
    case LogType.VAR_STRING:
      return prefixed(size > 255 ? 2 : 1, textOf(table, column, collations));
    case LogType.STRING:
      return column.collation === BINARY
        ? paddedBinary(size)
        : prefixed(size > 255 ? 2 : 1, textOf(table, column, collations));
    case LogType.BLOB:
    case LogType.TINY_BLOB:
    case LogType.MEDIUM_BLOB:
    case LogType.LONG_BLOB:
      return prefixed(size, textOf(table, column, collations));
    case LogType.ENUM:
      return enumReader(column, membersOf(table, column, collations));
    case LogType.SET:
      return setReader(column, membersOf(table, column, collations));
    case LogType.BIT:
      return fixed((size + 7) >> 3, (b, at) => Buffer.from(b.subarray(at, at + ((size + 7) >> 3))));
    default:
      return undefined;
  }
}

/** Undefined means bytes. */
function textOf(table: string, column: LogColumn, collations: Collations): TextDecode | undefined {
  if (column.collation === undefined || column.collation === BINARY) return undefined;
  const charset = collations.get(column.collation);
  const decode = charset === undefined ? undefined : textDecoder(charset);
  if (decode) return decode;
  throw cdcErrors.error('CDC_LOG_UNREADABLE', {
    message: `${table}.${column.name} has character set ${charset ?? `of collation ${column.collation}`}, which is not supported`,
  });
}

function prefixed(lengthBytes: number, decode: TextDecode | undefined): ReadValue {
  return (cursor) => {
    const { bytes } = cursor;
    const length = lengthBytes === 1 ? (bytes[cursor.at] as number) : bytes.readUIntLE(cursor.at, lengthBytes);
    const start = cursor.at + lengthBytes;
    cursor.at = start + length;
    // Bytes are copied: a slice would keep the whole network chunk alive.
    return decode ? decode(bytes, start, cursor.at) : Buffer.from(bytes.subarray(start, cursor.at));
  };
}

// The log leaves out trailing zero bytes of BINARY(n); a SELECT shows them.
function paddedBinary(size: number): ReadValue {
  const read = prefixed(size > 255 ? 2 : 1, undefined);
  return (cursor) => {
    const value = read(cursor) as Buffer;
    return value.length === size ? value : Buffer.concat([value], size);
  };
}

function membersOf(table: string, column: LogColumn, collations: Collations): string[] {
  const decode = textOf(table, column, collations);
  return column.members.map((m) => (decode ? decode(m, 0, m.length) : m.toString('utf8')));
}

// Index 0 is what MariaDB stores for an invalid value; it reads as an empty text.
function enumReader({ size }: LogColumn, members: readonly string[]): ReadValue {
  return fixed(size, (bytes, at) => members[bytes.readUIntLE(at, size) - 1] ?? '');
}

function setReader({ size }: LogColumn, members: readonly string[]): ReadValue {
  return fixed(size, (bytes, at) =>
    members.filter((_, i) => ((bytes[at + (i >> 3)] ?? 0) & (1 << (i & 7))) !== 0).join(','),
  );
}
