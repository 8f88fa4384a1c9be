import { scanWith, type ColumnReader, type ReaderContext } from './column-reader.ts';
import { endOfString, type JsonToken } from './json-text.ts';
import type { PayloadCursor } from './payload-cursor.ts';

/** What a connector says instead of a value it does not have. */
const PLACEHOLDER = '__debezium_unavailable_value';
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** CHAR, TEXT and JSON as they stand. */
export function textReader(context: ReaderContext): ColumnReader {
  const checked = textCheck(context);
  const read = ({ kind, text }: JsonToken): string | undefined =>
    kind === 'string' && text.isWellFormed() ? checked(text) : undefined;
  const { isKey } = context;
  return {
    read,
    scan: (cursor) => {
      const text = scanText(cursor, isKey);
      return text === undefined ? undefined : checked(text);
    },
  };
}

/**
 * Finds what is no value: the placeholder, and the replacement character in a character set that does not have it.
 * Debezium writes that for bytes its own table of the set does not know, such as five of MariaDB's latin1.
 */
function textCheck({ column, doubt }: ReaderContext): (text: string) => string {
  const mayBeReplaced = column.charset !== null && !/^(utf|ucs)/.test(column.charset);
  return (text) => {
    if (text.length === PLACEHOLDER.length && text === PLACEHOLDER)
      doubt('came as a placeholder: the connector did not have its value');
    if (mayBeReplaced && text.includes('\ufffd'))
      doubt(`holds a character of ${column.charset} that the connector could not read`);
    return text;
  };
}

/** A key is copied: kept for long, it must not keep the whole payload. */
function scanText(cursor: PayloadCursor, isKey: boolean): string | undefined {
  const { bytes, end } = cursor;
  if (bytes[cursor.at] !== QUOTE) return undefined;
  const start = cursor.at + 1;
  let high = false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      cursor.at = at + 1;
      if (high) return highText(cursor, start, at);
      return isKey ? bytes.toString('latin1', start, at) : cursor.cut(start, at);
    }
    if (byte === BACKSLASH) return escapedText(cursor);
    if (byte < 0x20) return undefined;
    if (byte >= 0x80) high = true;
  }
  return undefined;
}

function highText(cursor: PayloadCursor, start: number, end: number): string {
  cursor.sawHigh = true;
  return cursor.bytes.toString('utf8', start, end);
}

function escapedText(cursor: PayloadCursor): string | undefined {
  const { bytes, at } = cursor;
  const stop = endOfString(bytes, at, cursor.end);
  if (stop < 0) return undefined;
  cursor.at = stop;
  cursor.sawHigh = true;
  const text = JSON.parse(bytes.toString('utf8', at, stop)) as string;
  return text.isWellFormed() ? text : undefined;
}

/**
 * ENUM and SET. Debezium writes a member as its own reading of the table's definition has it: commas behind a
 * backslash, and backslashes doubled. A spelling that could be two members is refused.
 */
export function choiceReader(context: ReaderContext): ColumnReader {
  const { members, base } = context.type;
  const checked = textCheck(context);
  const bySpelling = new Map<string, string | null>();
  for (const member of members)
    for (const spelling of new Set(spellings(member)))
      bySpelling.set(spelling, (bySpelling.get(spelling) ?? member) === member ? member : null);
  const one = (text: string): string | undefined => {
    const member = bySpelling.get(text);
    if (member === null) return undefined;
    return member ?? (text.includes('\\') ? undefined : text);
  };
  const convert = (text: string): string | undefined => {
    const exact = base === 'enum' || !text.includes('\\') ? one(text) : undefined;
    if (base === 'enum' || exact !== undefined) return exact;
    const parts = text.split(',').map(one);
    return parts.includes(undefined) ? undefined : parts.join(',');
  };
  const plain = members.every((member) => !/[\\,]/.test(member));
  const read = ({ kind, text }: JsonToken): string | undefined =>
    kind === 'string' && text.isWellFormed() ? convert(checked(text)) : undefined;
  if (!plain) return { read, scan: (cursor) => scanWith(cursor, read) };
  return {
    read,
    scan: (cursor) => {
      const text = scanText(cursor, true);
      return text === undefined || text.includes('\\') ? undefined : checked(text);
    },
  };
}

function spellings(member: string): string[] {
  const doubled = member.replaceAll('\\', '\\\\');
  return [member, doubled, member.replaceAll(',', '\\,'), doubled.replaceAll(',', '\\,')];
}
