import type { Row, Value } from '../../change-event.ts';
import type { TableInfo } from '../../tables/catalogue.ts';

/** Beyond these a column is no category, whatever was declared. */
const MAX_VALUES = 64;
const MAX_LENGTH = 40;

type Counts = Map<Value, number>;

/** How often each value of a table's category columns occurs. Only these values may ever be named in a report. */
export class CategoryTally {
  private readonly counts: Map<string, Counts>;

  constructor(table: TableInfo, declared: readonly string[] = []) {
    const names = table.columns.filter(({ name, kind, type }) => {
      return kind === 'choice' || /^(tinyint|boolean)/.test(type) || declared.includes(name);
    });
    this.counts = new Map(names.map(({ name }) => [name, new Map()]));
  }

  get columns(): readonly string[] {
    return [...this.counts.keys()];
  }

  see(row: Row): void {
    for (const [column, counts] of this.counts) {
      const value = row[column] ?? null;
      counts.set(value, (counts.get(value) ?? 0) + 1);
      if (counts.size > MAX_VALUES || String(value).length > MAX_LENGTH) this.counts.delete(column);
    }
  }

  /** Values of a category column that occurred. */
  seen(column: string): readonly Value[] {
    return [...(this.counts.get(column)?.keys() ?? [])];
  }

  /**
   * The column whose values separate the rows concerned from all others: with these values every row is, with any other
   * none. The one the message speaks of first, then the one with the fewest values.
   */
  explain(concerned: ReadonlyMap<string, Counts>, message: string): Explanation | undefined {
    const found = [...concerned].flatMap(([column, counts]): Explanation[] => {
      const all = this.counts.get(column);
      if (!all || counts.size === all.size) return [];
      if ([...counts].some(([value, rows]) => all.get(value) !== rows)) return [];
      return [{ column, values: [...counts].map(([value, rows]) => ({ value, rows })).toSorted(moreRows) }];
    });
    const named = found.find(({ column }) => new RegExp(`\\b${column}\\b`).test(message));
    return named ?? found.toSorted((a, b) => a.values.length - b.values.length)[0];
  }
}

export interface Explanation {
  readonly column: string;
  readonly values: readonly { value: Value; rows: number }[];
}

function moreRows(a: { rows: number }, b: { rows: number }): number {
  return b.rows - a.rows;
}
