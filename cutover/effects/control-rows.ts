import type { ChangeEvent, Row, TableMaps, TargetRow } from '../../cdc/index.ts';

/** What legacy's transaction made of one row of the service, by the mapping. Mapped columns only. */
export interface ControlRow {
  readonly table: string;
  readonly key: Row;
  /** Null when there was none. */
  readonly before: Row | null;
  /** Null when there is none any more. */
  readonly after: Row | null;
}

interface Place {
  readonly table: string;
  readonly key: Row;
  before: Row | null;
  after: Row | null;
}

/** Every row of the service that the changes touch, from before the first to after the last; also those they leave as they were. */
export function controlRows(maps: TableMaps, changes: readonly ChangeEvent[]): readonly ControlRow[] {
  const places = new Map<string, Place>();
  for (const { table, before, after } of changes) {
    const map = maps[table];
    if (!map) continue;
    const [was, is] = [before ? map(before) : [], after ? map(after) : []];
    const known = new Set(places.keys());
    for (const row of was) begin(places, row, known);
    for (const row of is) {
      const place = placeIn(places, row);
      place.after = { ...place.after, ...row.columns };
    }
  }
  return [...places.values()];
}

/** Where a row is, as text. */
export function placeOf({ table, key }: Pick<TargetRow, 'table' | 'key'>): string {
  return JSON.stringify([table, ...Object.entries(key).flatMap(([name, value]) => [name, String(value)])]);
}

function placeIn(places: Map<string, Place>, { table, key }: TargetRow): Place {
  const place = placeOf({ table, key });
  const known = places.get(place);
  if (known) return known;
  const made: Place = { table, key, before: null, after: null };
  places.set(place, made);
  return made;
}

/** What was there before, unless an earlier change has said so; from here on it is gone until it is yielded again. */
function begin(places: Map<string, Place>, row: TargetRow, known: ReadonlySet<string>): void {
  const place = placeIn(places, row);
  if (!known.has(placeOf(row))) place.before = { ...place.before, ...row.columns };
  place.after = null;
}
