import { COPY_TABLE } from '../apply/bookkeeping.ts';
import type { MapRow, TableMaps, TargetRow } from '../mapping.ts';

/**
 * While whole rows are still being copied, a change may yield a part whose row is not there yet; the part's statement
 * then hits nothing. Here every row that yields parts also yields a mark on its table's second pass, written in the same
 * transaction. The mark is a part itself, and unset to the same value, so that it is never taken back.
 */
export function noticeParts(maps: TableMaps, stream: string): TableMaps {
  return Object.fromEntries(Object.entries(maps).map(([table, map]) => [table, noticing(map, stream, table)]));
}

function noticing(map: MapRow, stream: string, table: string): MapRow {
  const needed = { is_needed: 1 };
  const mark: TargetRow = {
    table: COPY_TABLE,
    key: { stream, source_table: table, pass: 'part' },
    columns: needed,
    part: { unset: needed },
  };
  return (row) => {
    const yielded = map(row);
    return yielded.some((target) => target.part !== undefined) ? [...yielded, mark] : yielded;
  };
}
