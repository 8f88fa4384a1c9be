import type { EffectColumns, EffectValue, RowEffect } from '../edge/shadow-writes/contract.ts';
import type { RawRow } from './raw-connection.ts';

/** Undefined: nobody has seen whether there was one. */
type Image = RawRow | null | undefined;

interface Entry {
  readonly table: string;
  readonly key: EffectColumns;
  readonly before: Image;
  after: RawRow | null;
}

/** What became of each row: the first image and the last one, whatever happened between. */
export class RowLog {
  readonly #entries = new Map<string, Entry>();

  note(table: string, keyColumns: readonly string[], before: Image, after: RawRow | null): void {
    const image = after ?? before;
    if (!image) return;
    const key = shown(Object.fromEntries(keyColumns.map((name) => [name, image[name] ?? null])));
    const place = JSON.stringify([table, key]);
    const known = this.#entries.get(place);
    if (known) known.after = after;
    else this.#entries.set(place, { table, key, before, after });
  }

  /** Rows that are not as they were. */
  effects(): RowEffect[] {
    return [...this.#entries.values()].flatMap(({ table, key, before, after }) => {
      const [was, is] = [before && shown(before), after && shown(after)];
      if (before !== undefined && JSON.stringify(was) === JSON.stringify(is)) return [];
      return [{ table, key, ...(before !== undefined && { before: was ?? null }), after: is }];
    });
  }
}

function shown(row: RawRow): EffectColumns {
  const entries = Object.entries(row).map(([name, value]): [string, EffectValue] => [
    name,
    Buffer.isBuffer(value) ? { hex: value.toString('hex') } : value,
  ]);
  return Object.fromEntries(entries);
}
