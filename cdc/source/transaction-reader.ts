import { crc32 } from 'node:zlib';
import { isBanyanError } from '../../shared/index.ts';
import type { ChangeEvent, SourceTransaction } from '../change-event.ts';
import { rowDecoder, type Collations, type RowDecoder } from './decode.ts';
import { cdcErrors } from '../errors.ts';
import { LogCursor } from './log-cursor.ts';
import type { Gtid } from '../position.ts';
import { createStatementJudge, truncatedTable, type StatementEffect } from './schema-change.ts';
import { readTableMap, readTableName } from './table-map.ts';

const Event = {
  QUERY: 2,
  XID: 16,
  TABLE_MAP: 19,
  WRITE_V1: 23,
  UPDATE_V1: 24,
  DELETE_V1: 25,
  ROWS_V2_FIRST: 30,
  ROWS_V2_LAST: 32,
  XA_PREPARE: 38,
  GTID: 162,
  COMPRESSED_FIRST: 165,
  COMPRESSED_LAST: 171,
} as const;
/** The others say nothing of rows. */
const read = new Set<number>(Object.values(Event));
for (let type: number = Event.ROWS_V2_FIRST; type < Event.ROWS_V2_LAST; type++) read.add(type);
for (let type: number = Event.COMPRESSED_FIRST; type < Event.COMPRESSED_LAST; type++) read.add(type);
const HEADER = 19;
const CHECKSUM = 4;
const STANDALONE = 0x01;

/** The event's table, and how to read its rows; `null` for a table nobody asked for. */
interface KnownTable {
  /** The table map's own bytes: the log repeats them in front of every change, unchanged most of the time. */
  readonly bytes: Buffer;
  readonly table: { readonly name: string; readonly rows: RowDecoder } | null;
}

interface OpenTransaction {
  readonly gtid: Gtid;
  readonly standalone: boolean;
  readonly committedAtMs: number;
  changes: ChangeEvent[];
  bytes: number;
  /** Pieces of it were delivered already. */
  isSplit: boolean;
  schemaChange?: string;
}

export interface TransactionReaderOptions {
  readonly schema: string;
  readonly tables: readonly string[];
  /** Tables outside the schema, by `schema.table`; their events carry that whole name. */
  readonly extraTables?: readonly string[];
  readonly collations: Collations;
  readonly hasChecksum: boolean;
  /** A transaction with more bytes than this in the log is delivered in pieces of about this size. */
  readonly pieceBytes?: number;
  readonly deliver: (transaction: SourceTransaction) => void;
}

// Decoded rows take several times the bytes they have in the log, and a few pieces are under way at once.
const PIECE_BYTES = 256 * 1024;

/**
 * Puts log events together to transactions. Decodes the rows of wanted tables only, and a table's description only when
 * its bytes differ from the last time. Throws on an event it cannot carry faithfully: dropping one silently is loss.
 */
export class TransactionReader {
  private readonly options: TransactionReaderOptions;
  private readonly wanted: ReadonlyMap<string, string>;
  private readonly judge: (sql: string, schema: string) => StatementEffect;
  private readonly known = new Map<number, KnownTable>();
  private open: OpenTransaction | undefined;

  constructor(options: TransactionReaderOptions) {
    this.options = options;
    const { schema, tables, extraTables = [] } = options;
    this.wanted = new Map([
      ...tables.map((table): [string, string] => [`${schema}.${table}`, table]),
      ...extraTables.map((table): [string, string] => [table, table]),
    ]);
    this.judge = createStatementJudge(schema, tables);
  }

  /** One event of the log, header included. `bytes` is only borrowed. */
  read(bytes: Buffer, start: number, packetEnd: number): void {
    const end = this.options.hasChecksum ? packetEnd - CHECKSUM : packetEnd;
    if (end < start + HEADER) throw damaged('is shorter than its header');
    const type = bytes[start + 4] as number;
    if (!read.has(type)) return;
    if (this.options.hasChecksum && crc32(bytes.subarray(start, end)) !== bytes.readUInt32LE(end))
      throw damaged('does not have its checksum');
    try {
      this.take(type, bytes, start, end);
    } catch (error) {
      throw isBanyanError(error) ? error : damaged('ends before what it announces', error);
    }
  }

  private take(type: number, bytes: Buffer, start: number, end: number): void {
    const cursor = new LogCursor(bytes, start + HEADER, end);
    switch (type) {
      case Event.GTID:
        this.begin(cursor, bytes.readUInt32LE(start) * 1000, bytes.readUInt32LE(start + 5));
        break;
      case Event.TABLE_MAP:
        this.describe(cursor);
        break;
      case Event.WRITE_V1:
      case Event.UPDATE_V1:
      case Event.DELETE_V1:
        this.rows(cursor, type - Event.WRITE_V1);
        break;
      case Event.XID:
        this.finish();
        break;
      case Event.QUERY:
        this.statement(cursor);
        break;
      case Event.XA_PREPARE:
        this.prepare();
        break;
      default:
        throw type >= Event.COMPRESSED_FIRST ? compressed() : foreignRows();
    }
  }

  private begin(cursor: LogCursor, committedAtMs: number, server: number): void {
    const sequence = cursor.uint64();
    const gtid = { domain: cursor.uint(4), server, sequence };
    const flags = cursor.uint(1);
    this.open = {
      gtid,
      standalone: (flags & STANDALONE) !== 0,
      committedAtMs,
      changes: [],
      bytes: 0,
      isSplit: false,
    };
  }

  private describe(cursor: LogCursor): void {
    const { bytes, at, end } = cursor;
    const id = cursor.uint(6);
    const known = this.known.get(id);
    if (known && bytes.compare(known.bytes, 0, known.bytes.length, at, end) === 0) return;
    cursor.at += 2;
    const body = cursor.at;
    const { schema, table } = readTableName(cursor);
    const name = this.wanted.get(`${schema}.${table}`);
    cursor.at = body;
    this.known.set(id, {
      bytes: Buffer.from(bytes.subarray(at, end)),
      table: name === undefined ? null : { name, rows: this.decoderOf(cursor) },
    });
  }

  private decoderOf(cursor: LogCursor): RowDecoder {
    const { schema, table, columns } = readTableMap(cursor);
    if (columns) return rowDecoder(`${schema}.${table}`, columns, this.options.collations);
    throw cdcErrors.error('CDC_LOG_UNREADABLE', {
      message: `the log does not name the columns of ${schema}.${table}; expected binlog_row_metadata=FULL`,
      fix: 'SET GLOBAL binlog_row_metadata=FULL, then take a new snapshot',
    });
  }

  private rows(cursor: LogCursor, kind: number): void {
    const eventBytes = cursor.end - cursor.at;
    const known = this.known.get(cursor.uint(6));
    if (!known?.table) return;
    const { name, rows } = known.table;
    if (!this.open) throw damaged(`changes ${name} outside of any transaction`);
    cursor.at += 2;
    const count = cursor.lengthCoded();
    // A row without columns takes no bytes: there would be no end of them.
    if (count === 0 || count !== rows.columnCount)
      throw damaged(`has ${count} columns of ${name}, its table ${rows.columnCount}`);
    const images = kind === 1 ? 2 : 1;
    for (let i = 0; i < images; i++) requireFullImage(cursor, name, count);
    const { changes } = this.open;
    while (cursor.at < cursor.end) changes.push(readChange(cursor, kind, name, rows));
    if (cursor.at > cursor.end) throw damaged(`holds half a row of ${name}`);
    this.open.bytes += eventBytes;
    if (this.open.bytes >= (this.options.pieceBytes ?? PIECE_BYTES)) this.deliverPiece(this.open);
  }

  private deliverPiece(open: OpenTransaction): void {
    const { gtid, committedAtMs, changes, bytes } = open;
    this.options.deliver({ gtid, committedAtMs, changes, bytes, continues: true });
    open.isSplit = true;
    open.changes = [];
    open.bytes = 0;
  }

  private statement(cursor: LogCursor): void {
    cursor.at += 8;
    const schemaLength = cursor.uint(1);
    cursor.at += 2;
    const variablesLength = cursor.uint(2);
    cursor.at += variablesLength;
    const schema = cursor.text(schemaLength);
    cursor.at += 1;
    const sql = cursor.text(cursor.end - cursor.at);
    if (!this.open) return;
    if (sql === 'ROLLBACK') return this.takeBack(this.open);
    if (sql === 'COMMIT' || /^XA (COMMIT|ROLLBACK)/i.test(sql)) return this.finish();
    const effect = this.judge(sql, schema);
    if (effect === 'rows') throw notRows(this.open.gtid, 'a statement instead of rows (binlog_format is not ROW)');
    if (effect === 'schema') this.open.schemaChange = sql;
    if (effect === 'truncate')
      this.open.changes.push({ op: 't', table: truncatedTable(sql), before: null, after: null });
    if (this.open.standalone) this.finish();
  }

  /** Rows of a transaction that ended in ROLLBACK are in the log only for tables that cannot roll back: none of ours. */
  private takeBack(open: OpenTransaction): void {
    const { domain, server, sequence } = open.gtid;
    if (open.isSplit)
      throw cdcErrors.error('CDC_LOG_UNREADABLE', {
        message: `transaction ${domain}-${server}-${sequence} was rolled back after parts of it were delivered`,
      });
    open.changes = [];
    this.finish();
  }

  private prepare(): void {
    if (this.open && (this.open.changes.length > 0 || this.open.isSplit))
      throw notRows(this.open.gtid, 'an XA transaction, whose outcome is decided later');
    this.finish();
  }

  private finish(): void {
    const { open } = this;
    if (!open) return;
    this.open = undefined;
    const { gtid, committedAtMs, changes, bytes, schemaChange } = open;
    this.options.deliver({ gtid, committedAtMs, changes, bytes, ...(schemaChange !== undefined && { schemaChange }) });
  }
}

function readChange(cursor: LogCursor, kind: number, table: string, rows: RowDecoder): ChangeEvent {
  const image = rows.decode(cursor);
  if (kind === 0) return { op: 'c', table, before: null, after: image };
  if (kind === 2) return { op: 'd', table, before: image, after: null };
  return { op: 'u', table, before: image, after: rows.decodeAfter(cursor, image) };
}

function requireFullImage(cursor: LogCursor, table: string, columns: number): void {
  for (let i = 0; i < columns; i++) {
    if (((cursor.bytes[cursor.at + (i >> 3)] ?? 0) & (1 << (i & 7))) !== 0) continue;
    throw cdcErrors.error('CDC_ROW_IMAGE_PARTIAL', {
      message: `a row event of ${table} carries only some of its ${columns} columns; expected binlog_row_image=FULL`,
    });
  }
  cursor.at += (columns + 7) >> 3;
}

function notRows({ domain, server, sequence }: Gtid, what: string): Error {
  return cdcErrors.error('CDC_LOG_NOT_ROW', {
    message: `transaction ${domain}-${server}-${sequence} changed a table of the unit by ${what}`,
  });
}

function damaged(what: string, cause?: unknown): Error {
  return cdcErrors.error('CDC_LOG_UNREADABLE', {
    message: `an event of the log is damaged: it ${what}`,
    fix: 'check the source with mariadb-binlog --verify-binlog-checksum; if its log is whole, start again',
    ...(cause !== undefined && { cause }),
  });
}

function foreignRows(): Error {
  return cdcErrors.error('CDC_LOG_UNREADABLE', {
    message: 'the log holds row events of version 2, which MySQL writes; expected the log of a MariaDB',
    fix: 'name a MariaDB as the source, or read MySQL through Kafka and Debezium',
  });
}

function compressed(): Error {
  return cdcErrors.error('CDC_LOG_UNREADABLE', {
    message: 'the log is compressed (log_bin_compress=ON), which is not supported',
    fix: 'SET GLOBAL log_bin_compress=OFF, then take a new snapshot',
  });
}
