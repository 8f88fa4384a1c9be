import type { LogCursor } from './log-cursor.ts';
import type { ReadValue } from './decode.ts';

const two = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));
const pad2 = (n: number): string => two[n] ?? String(n);
const pad4 = (n: number): string => pad2(Math.floor(n / 100)) + pad2(n % 100);

export function decodeDate(cursor: LogCursor): string {
  const raw = cursor.uint(3);
  return `${pad4(raw >> 9)}-${pad2((raw >> 5) & 15)}-${pad2(raw & 31)}`;
}

/** Five bytes hold year·13+month, day, hour, minute, second; then the fraction. No time zone is involved. */
export function decodeDatetime(digits: number): ReadValue {
  return (cursor) => {
    const { bytes, at } = cursor;
    const packed = bytes.readUInt32BE(at) * 256 + (bytes[at + 4] ?? 0) - 0x8000000000;
    cursor.at += 5;
    const day = Math.floor(packed / 0x20000);
    const time = packed % 0x20000;
    const months = day >> 5;
    const date = `${pad4(Math.floor(months / 13))}-${pad2(months % 13)}-${pad2(day & 31)}`;
    const clock = `${pad2(time >> 12)}:${pad2((time >> 6) & 63)}:${pad2(time & 63)}`;
    return digits === 0 ? `${date} ${clock}` : `${date} ${clock}.${fraction(readFraction(cursor, digits), digits)}`;
  };
}

/** Seconds since the epoch, shown in UTC. Second 0 is the zero date. */
export function decodeTimestamp(digits: number): ReadValue {
  return (cursor) => {
    const seconds = cursor.bytes.readUInt32BE(cursor.at);
    cursor.at += 4;
    const micros = readFraction(cursor, digits);
    const text =
      seconds === 0 && micros === 0
        ? '0000-00-00 00:00:00'
        : new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
    return digits === 0 ? text : `${text}.${fraction(micros, digits)}`;
  };
}

/** Three bytes and the fraction form one signed number: negative times count down through the fraction as well. */
export function decodeTime(digits: number): ReadValue {
  const fractionBytes = (digits + 1) >> 1;
  const unit = 256 ** fractionBytes;
  const micro = 10 ** (6 - 2 * fractionBytes);
  return (cursor) => {
    const raw = cursor.bytes.readUIntBE(cursor.at, 3 + fractionBytes) - 0x800000 * unit;
    cursor.at += 3 + fractionBytes;
    const size = Math.abs(raw);
    const time = Math.floor(size / unit);
    const clock = `${pad2((time >> 12) & 1023)}:${pad2((time >> 6) & 63)}:${pad2(time & 63)}`;
    const text = raw < 0 ? `-${clock}` : clock;
    return digits === 0 ? text : `${text}.${fraction((size % unit) * micro, digits)}`;
  };
}

/** Microseconds. The stored unit is 1/100, 1/10,000 or 1/1,000,000 of a second, by the number of bytes. */
function readFraction(cursor: LogCursor, digits: number): number {
  const size = (digits + 1) >> 1;
  if (size === 0) return 0;
  const raw = cursor.bytes.readUIntBE(cursor.at, size);
  cursor.at += size;
  return raw * 10 ** (6 - 2 * size);
}

function fraction(micros: number, digits: number): string {
  return String(micros).padStart(6, '0').slice(0, digits);
}
