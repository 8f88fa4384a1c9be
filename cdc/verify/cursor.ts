import type { Row } from '../change-event.ts';
import { keepKey, keptKey, type KeptKey } from './run-record.ts';

/** First every table of the source, then every table of the target, for rows too many. */
export type Phase = 'rows' | 'extras';

export interface CursorRecord {
  readonly phase: Phase;
  readonly table: string;
  readonly after?: KeptKey;
}

/** Where a walk through all tables is. */
export class Cursor {
  phase: Phase = 'rows';
  table = '';
  /** Key of the last row that was done. */
  after: Row | undefined;

  /** Tables of a phase that are still to be done, the one under way first. */
  rest<T extends { readonly name: string }>(phase: Phase, tables: readonly T[]): readonly T[] {
    if (this.phase !== phase) return phase === 'rows' ? [] : tables;
    return tables.slice(
      Math.max(
        0,
        tables.findIndex(({ name }) => name === this.table),
      ),
    );
  }

  enter(phase: Phase, table: string): void {
    if (this.phase === phase && this.table === table) return;
    this.phase = phase;
    this.table = table;
    this.after = undefined;
  }

  place(): CursorRecord {
    const { phase, table, after } = this;
    return { phase, table, ...(after && { after: keepKey(after) }) };
  }

  goTo({ phase, table, after }: CursorRecord): void {
    this.phase = phase;
    this.table = table;
    this.after = after && keptKey(after);
  }
}

export type YieldsRecord = Readonly<Record<string, readonly string[]>>;

export function keepYields(yields: ReadonlyMap<string, ReadonlySet<string>>): YieldsRecord {
  return Object.fromEntries([...yields].map(([name, sources]) => [name, [...sources]]));
}

export function keptYields(kept: YieldsRecord): Map<string, Set<string>> {
  return new Map(Object.entries(kept).map(([name, sources]) => [name, new Set(sources)]));
}
