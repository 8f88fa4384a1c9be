import type { Connection, RowDataPacket } from '../../shared/index.ts';
import { quoteText } from './literal.ts';
import { readChange, writeChange, writeRow } from './lossless-json.ts';
import type { TableMaps } from '../mapping.ts';
import { imagesOf, type ParkedChange, type ParkedKeys } from '../map/parked-keys.ts';
import { parseGtid } from '../position.ts';
import type { Statement } from './statements.ts';

export const PARKED_TABLE = 'banyan.parked';

/** A parked change as the table keeps it. */
export interface StoredChange extends Omit<ParkedChange, 'joins' | 'key'> {
  readonly key: string;
  /** UTC. */
  readonly parkedAt: string;
}

/** The statements that put changes into the park; part of the transaction that moves the position past them. */
export function parkStatements(stream: string, unit: string, parked: readonly ParkedChange[]): Statement[] {
  return parked.flatMap((change) => {
    const { id, chain, joins, gtid, ordinal, event, key, code, reason } = change;
    const texts = [unit, event.table, writeRow(key), `${gtid.domain}-${gtid.server}-${gtid.sequence}`];
    const what = [event.op, writeChange(event), code, reason.slice(0, 500)];
    const values = [quoteText(stream), id, chain, ...texts.map(quoteText), ordinal, ...what.map(quoteText)];
    const join = `UPDATE ${PARKED_TABLE} SET chain=${chain} WHERE stream=${quoteText(stream)} AND chain IN (${joins.join(',')})`;
    const insert = `INSERT INTO ${PARKED_TABLE} (stream, id, chain, unit, source_table, source_key, gtid, ordinal, op, event, code, reason) VALUES (${values.join(',')})`;
    const sqls = joins.length > 0 ? [join, insert] : [insert];
    return sqls.map((sql) => ({ table: PARKED_TABLE, sql }));
  });
}

export function unparkStatement(stream: string, ids: readonly number[]): Statement {
  const sql = `DELETE FROM ${PARKED_TABLE} WHERE stream=${quoteText(stream)} AND id IN (${ids.join(',')})`;
  return { table: PARKED_TABLE, sql };
}

/** In the order of the log. */
export async function readParked(connection: Connection, stream: string): Promise<StoredChange[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT id, chain, source_key, gtid, ordinal, event, code, reason, parked_at FROM ${PARKED_TABLE}
     WHERE stream = ? ORDER BY id`,
    [stream],
  );
  return rows.map((row) => ({
    id: Number(row['id']),
    chain: Number(row['chain']),
    key: String(row['source_key']),
    gtid: parseGtid(String(row['gtid'])),
    ordinal: Number(row['ordinal']),
    event: readChange(String(row['event'])),
    code: String(row['code']),
    reason: String(row['reason']),
    parkedAt: String(row['parked_at']),
  }));
}

export async function countParked(connection: Connection, stream: string): Promise<number> {
  const [rows] = await connection.query<RowDataPacket[]>(`SELECT COUNT(*) AS n FROM ${PARKED_TABLE} WHERE stream = ?`, [
    stream,
  ]);
  return Number(rows[0]?.['n']);
}

/** Makes `keys` know exactly what the table holds now. */
export async function restoreParked(
  connection: Connection,
  stream: string,
  maps: TableMaps,
  keys: ParkedKeys,
): Promise<void> {
  const fresh = keys.empty();
  for (const stored of await readParked(connection, stream)) fresh.restore(stored, imagesOf(maps, stored.event));
  keys.adopt(fresh);
}
