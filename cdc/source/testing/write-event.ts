import { crc32 } from 'node:zlib';

/** Events of MariaDB's log, byte by byte as the server writes them. */
export const EventType = {
  QUERY: 2,
  XID: 16,
  TABLE_MAP: 19,
  WRITE: 23,
  UPDATE: 24,
  DELETE: 25,
  XA_PREPARE: 38,
  GTID: 162,
} as const;
export const COMMITTED_AT_S = 1_764_000_000;

/** Header, body and checksum. */
export function writeEvent(type: number, body: Buffer = Buffer.alloc(0), server = 7): Buffer {
  const header = Buffer.alloc(19);
  header.writeUInt32LE(COMMITTED_AT_S, 0);
  header.writeUInt8(type, 4);
  header.writeUInt32LE(server, 5);
  header.writeUInt32LE(header.length + body.length + 4, 9);
  const event = Buffer.concat([header, body]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(event));
  return Buffer.concat([event, checksum]);
}

/** `isAlone`: what follows is one statement, which nothing closes. */
export function writeGtid(sequence: number, { domain = 0, isAlone = false } = {}): Buffer {
  const body = Buffer.alloc(19);
  body.writeBigUInt64LE(BigInt(sequence));
  body.writeUInt32LE(domain, 8);
  body.writeUInt8(isAlone ? 1 : 0, 12);
  return writeEvent(EventType.GTID, body);
}

export function writeStatement(sql: string, schema = 'house'): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt8(schema.length, 8);
  return writeEvent(EventType.QUERY, Buffer.concat([head, Buffer.from(`${schema}\0${sql}`)]));
}

export function writeCommit(): Buffer {
  return writeEvent(EventType.XID, Buffer.alloc(8));
}

/** A table of INT columns. Without names the log is written with less than `binlog_row_metadata=FULL`. */
export function writeTableMap(
  id: number,
  table: string,
  { schema = 'house', columns = ['id', 'v'], hasNames = true } = {},
): Buffer {
  const INT = 3;
  const names = Buffer.concat(columns.map(text));
  const parts = [
    tableId(id),
    text(schema),
    Buffer.from([0]),
    text(table),
    Buffer.from([0, columns.length, ...columns.map(() => INT), 0]),
    Buffer.alloc((columns.length + 7) >> 3),
    ...(hasNames ? [Buffer.from([4, names.length]), names] : []),
  ];
  return writeEvent(EventType.TABLE_MAP, Buffer.concat(parts));
}

export interface RowsShape {
  readonly type?: number;
  /** Images of up to eight INT columns; an update has two for every row. */
  readonly images: readonly (readonly (number | null)[])[];
  /** Bits of the columns that are there; all by default. */
  readonly present?: number;
}

export function writeRows(id: number, { type = EventType.WRITE, images, present }: RowsShape): Buffer {
  const width = images[0]?.length ?? 0;
  const bits = present ?? 2 ** width - 1;
  const bitmaps = type === EventType.UPDATE ? [bits, bits] : [bits];
  const body = [tableId(id), Buffer.from([width, ...bitmaps]), ...images.map(image)];
  return writeEvent(type, Buffer.concat(body));
}

function image(values: readonly (number | null)[]): Buffer {
  const nulls = values.reduce<number>((bits, value, i) => (value === null ? bits | (1 << i) : bits), 0);
  const numbers = values.filter((value) => value !== null);
  const bytes = Buffer.alloc(1 + numbers.length * 4);
  bytes.writeUInt8(nulls);
  for (const [i, value] of numbers.entries()) bytes.writeInt32LE(value, 1 + i * 4);
  return bytes;
}

/** Of six bytes, with two of flags behind it. */
function tableId(id: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUIntLE(id, 0, 6);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
}
