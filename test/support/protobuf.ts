/** The fields of one protobuf message by number; nested messages are still bytes. */
export type Fields = ReadonlyMap<number, readonly (Buffer | bigint)[]>;

/** Reads a message as far as its wire format tells (varints, fixed numbers and everything with a length). */
export function readFields(message: Buffer): Fields {
  const fields = new Map<number, (Buffer | bigint)[]>();
  let at = 0;
  while (at < message.length) {
    const [key, afterKey] = varint(message, at);
    const [value, next] = readValue(message, afterKey, Number(key & 7n));
    const number = Number(key >> 3n);
    fields.set(number, [...(fields.get(number) ?? []), value]);
    at = next;
  }
  return fields;
}

function readValue(message: Buffer, at: number, wireType: number): [Buffer | bigint, number] {
  if (wireType === 0) return varint(message, at);
  if (wireType === 1) return [message.readBigUInt64LE(at), at + 8];
  if (wireType === 5) return [BigInt(message.readUInt32LE(at)), at + 4];
  if (wireType !== 2) throw new RangeError(`wire type ${wireType} at byte ${at}`);
  const [length, start] = varint(message, at);
  const end = start + Number(length);
  return [message.subarray(start, end), end];
}

function varint(message: Buffer, from: number): [bigint, number] {
  let value = 0n;
  for (let at = from, shift = 0n; at < message.length; at++, shift += 7n) {
    const byte = message[at] ?? 0;
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return [value, at + 1];
  }
  throw new RangeError(`a number without end at byte ${from}`);
}

export function bytes(fields: Fields, number: number): Buffer[] {
  return (fields.get(number) ?? []).filter((value) => typeof value !== 'bigint');
}

export function text(fields: Fields, number: number): string {
  return bytes(fields, number)[0]?.toString('utf8') ?? '';
}

export function integer(fields: Fields, number: number): bigint | undefined {
  return (fields.get(number) ?? []).find((value) => typeof value === 'bigint');
}
