import { crc32 } from 'node:zlib';
import { quoteName, type Connection, type RowDataPacket } from '../../shared/index.ts';
import type { Value } from '../change-event.ts';
import { qualifiedName, type ColumnInfo, type TableInfo } from '../tables/catalogue.ts';

/**
 * How many keys, and a fingerprint of which: equal for equal sets of keys in any order. A key counted twice changes it.
 * The server computes the same over a whole table, so that rows too many are noticed without reading them.
 */
export class KeyTally {
  count = 0;
  private xor = 0;
  private sum = 0;

  add(key: string): void {
    const hash = crc32(key);
    this.count += 1;
    this.xor = (this.xor ^ hash) >>> 0;
    this.sum = (this.sum + hash) >>> 0;
  }

  toString(): string {
    return `${this.count} ${this.xor} ${this.sum}`;
  }
}

/** The text of a key that the server's side of the fingerprint is made of, too. */
export function tallyText(values: readonly Value[]): string {
  if (values.length === 1) return textOf(values[0] ?? null);
  return values.map(textOf).join();
}

function textOf(value: Value): string {
  return Buffer.isBuffer(value) ? value.toString('hex') : String(value);
}

/** What `KeyTally` gives for all rows of the table, as the server sees them. */
export async function tallyTable(connection: Connection, table: TableInfo): Promise<{ count: number; text: string }> {
  const columns = table.key.map((name) => keyExpression(table.byName.get(name) as ColumnInfo));
  const hash = `CRC32(CONCAT_WS(',', ${columns.join(', ')}))`;
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT COUNT(*) AS n, COALESCE(BIT_XOR(${hash}), 0) AS x, COALESCE(SUM(${hash}), 0) % 4294967296 AS s
     FROM ${qualifiedName(table)}`,
  );
  const { n, x, s } = rows[0] as RowDataPacket;
  return { count: Number(n), text: `${n} ${x} ${s}` };
}

// An expression that differs from ours for some exotic value only costs the careful look for rows too many.
function keyExpression({ name, kind }: ColumnInfo): string {
  const column = quoteName(name);
  if (kind === 'integer' || kind === 'exact') return `CAST(${column}+0 AS CHAR)`;
  return kind === 'bytes' || kind === 'bit' ? `LOWER(HEX(${column}))` : `CONVERT(${column} USING utf8mb4)`;
}
