import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { cdcErrors } from '../../../errors.ts';
import type { LogRecord } from './topic-log.ts';

/** An aborted producer transaction of a partition, as the broker lists it: its records are no records. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

const HEADER_BYTES = 61;
const LENGTH_COUNTED_FROM = 12;
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
const ABORT_MARKER = 0;

/**
 * Reads record batches (format 2, all that Kafka writes since 0.11) without copying. A batch cut off at the end is left
 * for the next fetch.
 */
export function readBatches(
  bytes: Buffer,
  from: number,
  aborted: readonly AbortedTransaction[],
): { records: LogRecord[]; next: number } {
  const records: LogRecord[] = [];
  const dropped = new AbortedProducers(aborted);
  let next = from;
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const end = at + LENGTH_COUNTED_FROM + bytes.readInt32BE(at + 8);
    if (end > bytes.length) break;
    const batch = readHeader(bytes, at);
    at = end;
    if (batch.lastOffset < from) continue;
    next = batch.lastOffset + 1;
    if (dropped.holds(batch)) continue;
    const body = decompress(bytes.subarray(batch.body, end), batch.codec);
    if (batch.isControl) dropped.marker(batch, body);
    else readRecords(body, batch, from, records);
  }
  if (next === from && bytes.length > 0 && bytes.length < HEADER_BYTES) throw damaged(from);
  return { records, next };
}

interface BatchHeader {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly producerId: bigint;
  readonly codec: number;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly count: number;
  readonly body: number;
}

function readHeader(bytes: Buffer, at: number): BatchHeader {
  const baseOffset = Number(bytes.readBigInt64BE(at));
  if (bytes[at + 16] !== 2) throw damaged(baseOffset);
  const attributes = bytes.readInt16BE(at + 21);
  return {
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(at + 23),
    producerId: bytes.readBigInt64BE(at + 43),
    codec: attributes & 0x07,
    isTransactional: (attributes & TRANSACTIONAL) !== 0,
    isControl: (attributes & CONTROL) !== 0,
    count: bytes.readInt32BE(at + 57),
    body: at + HEADER_BYTES,
  };
}

/** Which producers are inside a transaction that they gave up later. */
class AbortedProducers {
  private readonly waiting: AbortedTransaction[];
  private readonly inside = new Set<bigint>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.waiting = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  }

  holds({ lastOffset, producerId, isTransactional, isControl }: BatchHeader): boolean {
    while (this.waiting[0] && this.waiting[0].firstOffset <= lastOffset)
      this.inside.add((this.waiting.shift() as AbortedTransaction).producerId);
    return isTransactional && !isControl && this.inside.has(producerId);
  }

  marker({ producerId }: BatchHeader, body: Buffer): void {
    const cursor = new RecordCursor(body);
    cursor.skipToKey();
    const key = cursor.bytes();
    if (key && key.readInt16BE(2) === ABORT_MARKER) this.inside.delete(producerId);
  }
}

function readRecords(body: Buffer, { baseOffset, count }: BatchHeader, from: number, into: LogRecord[]): void {
  const cursor = new RecordCursor(body);
  for (let i = 0; i < count; i++) {
    const length = cursor.varint();
    const end = cursor.at + length;
    cursor.at += 1;
    cursor.skipVarint();
    const offset = baseOffset + cursor.varint();
    cursor.skipBytes();
    if (offset >= from) into.push({ offset, value: cursor.bytes() });
    cursor.at = end;
  }
}

class RecordCursor {
  private readonly buffer: Buffer;
  at = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  /** Past length, attributes, time and offset of a record. */
  skipToKey(): void {
    this.skipVarint();
    this.at += 1;
    this.skipVarint();
    this.skipVarint();
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.buffer[this.at++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
  }

  skipVarint(): void {
    while ((this.buffer[this.at++] as number) >= 0x80);
  }

  skipBytes(): void {
    const length = this.varint();
    if (length > 0) this.at += length;
  }

  bytes(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    const part = this.buffer.subarray(this.at, this.at + length);
    this.at += length;
    return part;
  }
}

function decompress(body: Buffer, codec: number): Buffer {
  if (codec === 0) return body;
  if (codec === 1) return gunzipSync(body);
  if (codec === 4) return zstdDecompressSync(body);
  throw cdcErrors.error('CDC_TOPIC_UNUSABLE', {
    message: `the topic holds records compressed with ${CODECS[codec] ?? `codec ${codec}`}; expected none, gzip or zstd`,
    fix: 'set producer.override.compression.type=none (or gzip, zstd) at the connector and recreate the topic',
  });
}

function damaged(offset: number): Error {
  return cdcErrors.error('CDC_EVENT_MALFORMED', {
    message: `the broker answered with bytes that are no record batch of format 2, near offset ${offset}`,
  });
}
