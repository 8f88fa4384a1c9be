import { LogCursor } from './log-cursor.ts';
import { isCharacterType, isListType, isNumericType, LogType } from './log-types.ts';

/** One column as the log itself describes it, at the time the event was written: a later ALTER changes nothing here. */
export interface LogColumn {
  readonly name: string;
  readonly type: number;
  /** Length, precision or number of bits, by type. */
  readonly size: number;
  /** Scale of a DECIMAL, fraction digits of a temporal type. */
  readonly scale: number;
  readonly unsigned: boolean;
  /** Collation number; 63 is binary. Undefined for types without text. */
  readonly collation: number | undefined;
  /** Members of an ENUM or SET, in the column's own character set. */
  readonly members: readonly Buffer[];
}

export interface TableMap {
  readonly schema: string;
  readonly table: string;
  /** Undefined when the log carries no names (`binlog_row_metadata` is not FULL). */
  readonly columns: readonly LogColumn[] | undefined;
}

interface Draft {
  type: number;
  size: number;
  scale: number;
  name?: string;
  unsigned: boolean;
  collation: number | undefined;
  members: readonly Buffer[];
}

/** The names only: what tells a table of the unit from the others. `at` stands after the table id and flags. */
export function readTableName(cursor: LogCursor): { schema: string; table: string } {
  const schema = cursor.text(cursor.uint(1));
  cursor.at += 1;
  const table = cursor.text(cursor.uint(1));
  cursor.at += 1;
  return { schema, table };
}

export function readTableMap(cursor: LogCursor): TableMap {
  const { schema, table } = readTableName(cursor);
  const types = [...cursor.take(cursor.lengthCoded())];
  cursor.lengthCoded();
  const drafts = types.map((type) => readColumn(cursor, type));
  cursor.at += (types.length + 7) >> 3;
  while (cursor.at < cursor.end) readMetadata(cursor, drafts);
  const columns = drafts.flatMap((d) => (d.name === undefined ? [] : [{ ...d, name: d.name }]));
  return { schema, table, columns: columns.length === drafts.length ? columns : undefined };
}

function readColumn(cursor: LogCursor, type: number): Draft {
  const draft: Draft = { type, size: 0, scale: 0, unsigned: false, collation: undefined, members: [] };
  switch (type) {
    case LogType.VARCHAR:
    case LogType.VARCHAR_COMPRESSED:
      draft.size = cursor.uint(2);
      break;
    case LogType.BIT: {
      const bits = cursor.uint(1);
      draft.size = cursor.uint(1) * 8 + bits;
      break;
    }
    case LogType.DECIMAL:
      draft.size = cursor.uint(1);
      draft.scale = cursor.uint(1);
      break;
    case LogType.STRING:
    case LogType.VAR_STRING:
    case LogType.ENUM:
    case LogType.SET:
      readString(cursor, draft);
      break;
    case LogType.TIMESTAMP:
    case LogType.DATETIME:
    case LogType.TIME:
      draft.scale = cursor.uint(1);
      break;
    case LogType.FLOAT:
    case LogType.DOUBLE:
    case LogType.BLOB:
    case LogType.TINY_BLOB:
    case LogType.MEDIUM_BLOB:
    case LogType.LONG_BLOB:
    case LogType.BLOB_COMPRESSED:
    case LogType.GEOMETRY:
    case LogType.JSON:
      draft.size = cursor.uint(1);
      break;
    default:
  }
  return draft;
}

// CHAR longer than 255 bytes hides two bits of its length, inverted, in the type byte; ENUM and SET hide there whole.
function readString(cursor: LogCursor, draft: Draft): void {
  const head = cursor.uint(1);
  const length = cursor.uint(1);
  const hidden = (head & 0x30) !== 0x30;
  draft.type = hidden ? head | 0x30 : head;
  draft.size = hidden ? length | (((head & 0x30) ^ 0x30) << 4) : length;
}

function readMetadata(cursor: LogCursor, drafts: Draft[]): void {
  const kind = cursor.uint(1);
  const length = cursor.lengthCoded();
  if (length > cursor.end - cursor.at) throw new RangeError('a part is announced longer than its event');
  const field = new LogCursor(cursor.bytes, cursor.at, cursor.at + length);
  cursor.at += length;
  const lists = drafts.filter((d) => isListType(d.type));
  const texts = drafts.filter((d) => isCharacterType(d.type));
  if (kind === 1)
    readSigns(
      field,
      drafts.filter((d) => isNumericType(d.type)),
    );
  else if (kind === 2) readDefaultCollation(field, texts);
  else if (kind === 3) readCollations(field, texts);
  else if (kind === 4) for (const draft of drafts) draft.name = field.text(field.lengthCoded());
  else if (kind === 5) readMembers(field, LogType.SET, drafts);
  else if (kind === 6) readMembers(field, LogType.ENUM, drafts);
  else if (kind === 10) readDefaultCollation(field, lists);
  else if (kind === 11) readCollations(field, lists);
}

function readSigns(field: LogCursor, drafts: Draft[]): void {
  for (const [i, draft] of drafts.entries())
    draft.unsigned = ((field.bytes[field.at + (i >> 3)] ?? 0) & (0x80 >> (i & 7))) !== 0;
}

function readDefaultCollation(field: LogCursor, drafts: Draft[]): void {
  const usual = field.lengthCoded();
  for (const draft of drafts) draft.collation = usual;
  while (field.at < field.end) {
    const draft = drafts[field.lengthCoded()];
    const collation = field.lengthCoded();
    if (draft) draft.collation = collation;
  }
}

function readCollations(field: LogCursor, drafts: Draft[]): void {
  for (const draft of drafts) draft.collation = field.lengthCoded();
}

function readMembers(field: LogCursor, type: number, drafts: Draft[]): void {
  for (const draft of drafts.filter((d) => d.type === type))
    draft.members = Array.from({ length: countOf(field) }, () => Buffer.from(field.take(field.lengthCoded())));
}

/** How many parts follow; each takes a byte at least. */
function countOf(field: LogCursor): number {
  const count = field.lengthCoded();
  if (count > field.end - field.at) throw new RangeError('more parts are announced than there are bytes');
  return count;
}
