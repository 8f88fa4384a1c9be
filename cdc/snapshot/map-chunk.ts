import type { Row } from '../change-event.ts';
import { mappingFailed } from '../map/batch.ts';
import { Coalescer } from '../map/coalesce.ts';
import type { TableMaps } from '../mapping.ts';

/** Whole rows are copied in a first pass; parts, which need their row, in a second. */
export type PassKind = 'whole' | 'part';

export interface MappedChunk {
  readonly changes: Coalescer;
  /** The source rows also yield parts: their table needs the second pass. */
  readonly hasParts: boolean;
}

/** What the target rows of one kind are for some source rows. */
export function mapChunk(maps: TableMaps, table: string, rows: readonly Row[], kind: PassKind): MappedChunk {
  const map = maps[table];
  const changes = new Coalescer();
  let hasParts = false;
  if (!map) return { changes, hasParts };
  try {
    for (const row of rows)
      for (const target of map(row)) {
        if (target.part) hasParts = true;
        if ((target.part !== undefined) === (kind === 'part')) changes.put(target);
      }
  } catch (error) {
    throw mappingFailed(table, error);
  }
  return { changes, hasParts };
}
