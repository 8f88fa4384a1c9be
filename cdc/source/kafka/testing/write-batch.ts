export interface BatchShape {
  readonly baseOffset: number;
  readonly values: readonly (string | null)[];
  /** When compaction left fewer records than offsets. */
  readonly lastOffset?: number;
  readonly producerId?: bigint;
  readonly isTransactional?: boolean;
  readonly control?: 'commit' | 'abort';
  readonly codec?: number;
  readonly compress?: (bytes: Buffer) => Buffer;
}

/** A record batch of format 2, as a broker sends it; the checksum is left out. */
export function writeBatch(shape: BatchShape): Buffer {
  const { baseOffset, values, producerId = -1n, isTransactional = false, control, codec = 0, compress } = shape;
  const key = control ? Buffer.from([0, 0, 0, control === 'commit' ? 1 : 0]) : Buffer.from('key');
  const records = Buffer.concat(values.map((value, i) => writeRecord(i, key, value)));
  const body = compress ? compress(records) : records;
  const header = Buffer.alloc(61);
  header.writeBigInt64BE(BigInt(baseOffset), 0);
  header.writeInt32BE(header.length - 12 + body.length, 8);
  header.writeInt8(2, 16);
  header.writeInt16BE(codec | (isTransactional || control ? 0x10 : 0) | (control ? 0x20 : 0), 21);
  header.writeInt32BE((shape.lastOffset ?? baseOffset + values.length - 1) - baseOffset, 23);
  header.writeBigInt64BE(producerId, 43);
  header.writeInt32BE(values.length, 57);
  return Buffer.concat([header, body]);
}

function writeRecord(offsetDelta: number, key: Buffer, value: string | null): Buffer {
  const text = value === null ? null : Buffer.from(value);
  const content = Buffer.concat([
    Buffer.from([0]),
    varint(300),
    varint(offsetDelta),
    varint(key.length),
    key,
    varint(text ? text.length : -1),
    text ?? Buffer.alloc(0),
    varint(0),
  ]);
  return Buffer.concat([varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
