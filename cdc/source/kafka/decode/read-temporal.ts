import { scanWith, type ColumnReader, type ReaderContext } from './column-reader.ts';
import type { JsonToken } from './json-text.ts';
import type { PayloadCursor } from './payload-cursor.ts';
import { scanWhole, wholeNumber } from './read-number.ts';
import { dateText, datetimeText, timeText } from './temporal-text.ts';
import { zeroDateCheck } from './zero-date.ts';

type ToText = (n: number) => string | undefined;

const MICROS = 1_000_000;

/** Days since the epoch. */
export function dateReader(context: ReaderContext): ColumnReader {
  return countReader(
    dateText,
    zeroDateCheck(context, 'date', (n) => dateText(n)),
  );
}

/** Milliseconds or microseconds since the epoch, as if the text were in UTC: no time zone is involved. */
export function datetimeReader(context: ReaderContext): ColumnReader {
  const digits = context.type.sizes[0] ?? 0;
  const isMicros = context.field ? context.field.name === 'io.debezium.time.MicroTimestamp' : digits > 3;
  const unit = isMicros ? MICROS : 1000;
  const toText: ToText = (n) => {
    const seconds = Math.floor(n / unit);
    return datetimeText(seconds, (n - seconds * unit) * (MICROS / unit), digits);
  };
  const bigText = (n: bigint): string | undefined => {
    const rest = ((n % BigInt(unit)) + BigInt(unit)) % BigInt(unit);
    return datetimeText(Number((n - rest) / BigInt(unit)), Number(rest) * (MICROS / unit), digits);
  };
  return countReader(toText, zeroDateCheck(context, 'datetime', toText), bigText);
}

/** Microseconds, negative and beyond a day too. */
export function timeReader({ type }: ReaderContext): ColumnReader {
  const digits = type.sizes[0] ?? 0;
  return countReader(
    (n) => timeText(n, digits),
    (text) => text,
  );
}

/** A count that becomes text. The last one is remembered: neighbouring rows often hold the same. */
function countReader(
  toText: ToText,
  check: (text: string) => string,
  bigText?: (n: bigint) => string | undefined,
): ColumnReader {
  let lastCount = Number.NaN;
  let lastText: string | undefined;
  const remembered = (n: number): string | undefined => {
    if (n !== lastCount) {
      lastText = toText(n);
      lastCount = n;
    }
    return lastText === undefined ? undefined : check(lastText);
  };
  const read = ({ kind, text }: JsonToken): string | undefined => {
    if (kind !== 'number' || !wholeNumber.test(text) || text.length > 20) return undefined;
    const n = Number(text);
    if (Number.isSafeInteger(n)) return remembered(n + 0);
    const big = bigText?.(BigInt(text));
    return big === undefined ? undefined : check(big);
  };
  const scan = (cursor: PayloadCursor): string | undefined => {
    const { at } = cursor;
    const n = scanWhole(cursor);
    if (n !== undefined) return remembered(n);
    cursor.at = at;
    return scanWith(cursor, read) as string | undefined;
  };
  return { read, scan };
}

const instant = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;
const ZERO_DATE = '0000-00-00 00:00:00';
const EPOCH = '1970-01-01 00:00:00';

/**
 * TIMESTAMP: an ISO text with its zone, shown in UTC. Second 0 is how MariaDB stores the zero date and nothing else, so
 * the exact epoch is the zero date without any declaration.
 */
export function timestampReader({ type }: ReaderContext): ColumnReader {
  const digits = type.sizes[0] ?? 0;
  const read = ({ kind, text }: JsonToken): string | undefined =>
    kind === 'string' ? timestampText(text, digits) : undefined;
  return { read, scan: (cursor) => scanTimestamp(cursor, digits) ?? scanWith(cursor, read) };
}

/** `"2026-11-21T08:00:00.123Z"` with the column's own number of digits; gives up on everything else. */
function scanTimestamp(cursor: PayloadCursor, digits: number): string | undefined {
  const { bytes, at } = cursor;
  const stop = at + (digits === 0 ? 21 : 22 + digits);
  if (bytes[at] !== 0x22 || bytes[stop] !== 0x22 || bytes[stop - 1] !== 0x5a || stop >= cursor.end) return undefined;
  const year = two(bytes, at + 1) * 100 + two(bytes, at + 3);
  const isDate =
    bytes[at + 5] === 0x2d && bytes[at + 8] === 0x2d && isDay(year, two(bytes, at + 6), two(bytes, at + 9));
  if (!isDate || !(year >= 1971) || bytes[at + 11] !== 0x54 || bytes[at + 14] !== 0x3a || bytes[at + 17] !== 0x3a)
    return undefined;
  // Anything that is no digit makes NaN or a number out of range.
  if (!(two(bytes, at + 12) < 24 && two(bytes, at + 15) < 60 && two(bytes, at + 18) < 60)) return undefined;
  if (digits > 0 && bytes[at + 20] !== 0x2e) return undefined;
  for (let i = at + 21; i < stop - 1; i++) if (((bytes[i] as number) ^ 0x30) > 9) return undefined;
  cursor.at = stop + 1;
  return `${cursor.cut(at + 1, at + 11)} ${cursor.cut(at + 12, stop - 1)}`;
}

/** Two digits as a number; NaN when they are none. */
function two(bytes: Uint8Array, at: number): number {
  const [tens, ones] = [(bytes[at] as number) ^ 0x30, (bytes[at + 1] as number) ^ 0x30];
  return tens <= 9 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

const daysOfMonth = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDay(year: number, month: number, day: number): boolean {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day >= 1 && day <= (month === 2 && isLeap ? 29 : (daysOfMonth[month] ?? 0));
}

function timestampText(text: string, digits: number): string | undefined {
  const [, iso, fraction = '', zone = 'Z'] = instant.exec(text) ?? [];
  if (iso === undefined) return undefined;
  const utc = zone === 'Z' ? checkedIso(iso) : shifted(iso, zone);
  const padded = fraction.padEnd(digits, '0');
  if (utc === undefined || /[^0]/.test(padded.slice(digits))) return undefined;
  const kept = padded.slice(0, digits);
  const clock = utc === EPOCH && !/[^0]/.test(kept) ? ZERO_DATE : utc;
  return digits === 0 ? clock : `${clock}.${kept}`;
}

function checkedIso(iso: string): string | undefined {
  const ms = Date.parse(`${iso}Z`);
  if (Number.isNaN(ms)) return undefined;
  return new Date(ms).toISOString().startsWith(iso) ? iso.replace('T', ' ') : undefined;
}

function shifted(iso: string, zone: string): string | undefined {
  if (checkedIso(iso) === undefined) return undefined;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  const ms = Date.parse(`${iso}Z`) - (zone.startsWith('-') ? -1 : 1) * minutes * 60_000;
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}
