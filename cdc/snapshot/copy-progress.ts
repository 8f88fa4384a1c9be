import type { Connection, RowDataPacket } from '../../shared/index.ts';
import type { Row, Value } from '../change-event.ts';
import { quoteText } from '../apply/literal.ts';
import type { PassKind } from './map-chunk.ts';

/** One pass over one source table: how far it is committed at the target. */
export interface CopyPass {
  readonly table: string;
  readonly kind: PassKind;
  isNeeded: boolean;
  isDone: boolean;
  /** Primary key of the last source row whose chunk is committed. */
  lastKey: Row | undefined;
  rows: number;
}

/** The passes of a stream's copy in the order they are made: first all whole rows, then all parts. */
export async function readPasses(connection: Connection, stream: string): Promise<CopyPass[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT source_table, pass, is_needed, is_done, last_key, rows_copied FROM banyan.copy_progress
     WHERE stream = ? ORDER BY pass, source_table`,
    [stream],
  );
  return rows.map((row) => ({
    table: String(row['source_table']),
    kind: row['pass'] as PassKind,
    isNeeded: Number(row['is_needed']) === 1,
    isDone: Number(row['is_done']) === 1,
    lastKey: row['last_key'] === null ? undefined : parseKey(String(row['last_key'])),
    rows: Number(row['rows_copied']),
  }));
}

/** Statements that begin a copy of these tables from nothing. */
export function beginPasses(stream: string, tables: readonly string[]): string[] {
  const rows = tables.flatMap((table) => [
    `(${quoteText(stream)},${quoteText(table)},'whole',1,0,NULL,0)`,
    `(${quoteText(stream)},${quoteText(table)},'part',0,0,NULL,0)`,
  ]);
  return [
    `DELETE FROM banyan.copy_progress WHERE stream=${quoteText(stream)}`,
    `INSERT INTO banyan.copy_progress (stream, source_table, pass, is_needed, is_done, last_key, rows_copied) VALUES ${rows.join(',')}`,
  ];
}

/** What a chunk's transaction says about its pass. */
export interface ChunkProgress {
  readonly table: string;
  readonly kind: PassKind;
  /** The chunk's last row; as before when the chunk only ends the pass. */
  readonly lastKey: Row | undefined;
  readonly rows: number;
  readonly isDone: boolean;
  readonly hasParts: boolean;
}

export function recordChunk(stream: string, progress: ChunkProgress): string[] {
  const { table, kind, lastKey, rows, isDone, hasParts } = progress;
  const place = (pass: PassKind): string =>
    `stream=${quoteText(stream)} AND source_table=${quoteText(table)} AND pass='${pass}'`;
  const key = lastKey ? quoteText(formatKey(lastKey)) : 'NULL';
  const here = `UPDATE banyan.copy_progress SET last_key=${key}, rows_copied=${rows}, is_done=${isDone ? 1 : 0} WHERE ${place(kind)}`;
  if (kind === 'part' || !hasParts) return [here];
  return [here, `UPDATE banyan.copy_progress SET is_needed=1 WHERE ${place('part')}`];
}

/** After a lost connection: whether this chunk's COMMIT arrived. Chunks commit in order, so the pass tells. */
export async function isChunkRecorded(connection: Connection, stream: string, chunk: ChunkProgress): Promise<boolean> {
  const passes = await readPasses(connection, stream);
  const pass = passes.find(({ table, kind }) => table === chunk.table && kind === chunk.kind);
  return pass?.rows === chunk.rows && pass.isDone === chunk.isDone;
}

function formatKey(key: Row): string {
  return JSON.stringify(Object.entries(key).map(([name, value]) => [name, encode(value)]));
}

function parseKey(text: string): Row {
  const entries = JSON.parse(text) as [string, ReturnType<typeof encode>][];
  return Object.fromEntries(entries.map(([name, value]) => [name, decode(value)]));
}

function encode(value: Value): string | number | null | { readonly hex: string } {
  return Buffer.isBuffer(value) ? { hex: value.toString('hex') } : value;
}

function decode(value: ReturnType<typeof encode>): Value {
  return typeof value === 'object' && value !== null ? Buffer.from(value.hex, 'hex') : value;
}
