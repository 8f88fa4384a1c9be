import { readCatalogue } from '../../cdc/index.ts';
import type { Pool, RowDataPacket } from '../../shared/index.ts';
import type { EffectTable } from './compare-rows.ts';

const COUNTED = `
  SELECT TABLE_NAME AS t, COLUMN_NAME AS name FROM information_schema.COLUMNS
   WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?) AND EXTRA LIKE '%auto_increment%'`;

/** What a comparison of effects has to know of the service's tables, by name. */
export async function readEffectTables(
  pool: Pool,
  schema: string,
  tables: readonly string[],
): Promise<ReadonlyMap<string, EffectTable>> {
  const connection = await pool.getConnection();
  try {
    const catalogue = await readCatalogue(connection, schema, tables);
    const [rows] = await connection.query<RowDataPacket[]>(COUNTED, [schema, tables]);
    const counted = new Map(rows.map((row) => [String(row['t']), String(row['name'])]));
    const known = [...catalogue].map(
      ([name, { byName }]) => [name, { columns: byName, counted: counted.get(name) }] as const,
    );
    return new Map(known);
  } finally {
    connection.release();
  }
}
