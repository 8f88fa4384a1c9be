import type { Connection, RowDataPacket } from '../../shared/index.ts';
import type { TableShape } from '../tables/table-shape.ts';

/** Keeps the definitions of the source's tables that a stream's mapping was written for. */
export async function keepShapes(connection: Connection, stream: string, shapes: readonly TableShape[]): Promise<void> {
  for (const shape of shapes)
    await connection.query('REPLACE INTO banyan.source_shape (stream, source_table, shape) VALUES (?, ?, ?)', [
      stream,
      shape.table,
      JSON.stringify(shape),
    ]);
}

/** Those kept last; none before the stream's first start. */
export async function readKeptShapes(connection: Connection, stream: string): Promise<TableShape[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT shape FROM banyan.source_shape WHERE stream = ? ORDER BY source_table',
    [stream],
  );
  return rows.map((row) => JSON.parse(String(row['shape'])) as TableShape);
}
