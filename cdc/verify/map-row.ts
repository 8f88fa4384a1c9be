import type { Row } from '../change-event.ts';
import { mappingFailed } from '../map/batch.ts';
import type { TableMaps, TargetRow } from '../mapping.ts';

/** What a row becomes. Throws CDC_MAPPING_FAILED naming the table, never the row. */
export function mapRow(maps: TableMaps, table: string, row: Row): readonly TargetRow[] {
  try {
    return maps[table]?.(row) ?? [];
  } catch (error) {
    throw mappingFailed(table, error);
  }
}
