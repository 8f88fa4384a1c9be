import type { ChangeEvent, Row, SourceTransaction } from '../change-event.ts';
import { COPY_TABLE } from '../apply/bookkeeping.ts';
import { Coalescer, keyId, type TableChanges } from '../map/coalesce.ts';
import { mapChange } from '../map/map.ts';
import type { TableMaps } from '../mapping.ts';
import type { Chunk } from '../snapshot/chunk-writers.ts';
import { copyCycle } from '../snapshot/copy-cycle.ts';
import type { CopyPass } from '../snapshot/copy-progress.ts';
import { putMovedRows } from '../snapshot/moved-rows.ts';
import { noticeParts } from '../snapshot/notice-parts.ts';
import type { TableInfo } from '../tables/catalogue.ts';

/** Tables in memory: rows by the text of their key. */
export type Tables = Map<string, Map<string, Row>>;

/** What happens when, told apart from what happens. */
export interface CopyPlan {
  /** For each cycle: at which transaction its view is opened; never smaller than the one before. */
  readonly views: readonly number[];
  /** Chunks a cycle copies before its time is over; the last cycle has no limit. */
  readonly chunksPerCycle: number;
  readonly chunkRows: number;
  /** Cycles end by a crash: what was handed over last is not committed. */
  readonly crashes: boolean;
  /** Transactions applied in one go while catching up. */
  readonly batch: number;
}

export interface ModelOptions {
  readonly maps: TableMaps;
  readonly sourceTables: readonly TableInfo[];
  readonly start: Tables;
  readonly history: readonly SourceTransaction[];
  /** Columns a target row has when only its whole row was written. */
  readonly defaults: Readonly<Record<string, Row>>;
}

class Crash extends Error {}

/**
 * A copy in memory: the product's own cycle, chunk mapping, change mapping and folding, around a source and a target that
 * are maps. Everything a real copy would lose when it is killed is thrown away between cycles.
 */
export class CopyModel {
  readonly target: Tables = new Map();
  private readonly options: ModelOptions;
  private readonly states: readonly Tables[];
  private passes: CopyPass[];
  private position = 0;

  constructor(options: ModelOptions) {
    this.options = options;
    this.states = statesOf(options.start, options.history);
    this.passes = (['whole', 'part'] as const).flatMap((kind) =>
      options.sourceTables.map(({ name }) => ({
        table: name,
        kind,
        isNeeded: kind === 'whole',
        isDone: false,
        lastKey: undefined,
        rows: 0,
      })),
    );
  }

  /** Gives the target after the whole history. */
  async run(plan: CopyPlan): Promise<Tables> {
    this.position = plan.views[0] ?? 0;
    for (const [i, view] of plan.views.entries()) {
      this.catchUp(view, plan.batch, true);
      await this.cycle(plan, i === plan.views.length - 1);
    }
    this.catchUp(this.options.history.length, plan.batch, false);
    return this.target;
  }

  private async cycle(plan: CopyPlan, isLast: boolean): Promise<void> {
    let left = isLast ? Number.POSITIVE_INFINITY : plan.chunksPerCycle;
    const write = async (chunk: Chunk): Promise<void> => {
      if (plan.crashes && left < 0) throw new Crash();
      this.commit(chunk);
    };
    const pass = async (): Promise<boolean> => {
      left -= 1;
      return plan.crashes || left >= 0;
    };
    try {
      await copyCycle({
        ...this.options,
        read: (table, after) => this.pages(table, after, plan.chunkRows),
        writers: { write, finish: async () => undefined },
        throttle: { pass },
        passes: this.passes.map((state) => ({ ...state })),
        until: Number.POSITIVE_INFINITY,
        signal: new AbortController().signal,
      });
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
  }

  private async *pages(table: TableInfo, after: Row | undefined, chunkRows: number) {
    const rows = [...(this.states[this.position]?.get(table.name)?.values() ?? [])]
      .filter((row) => after === undefined || numberOf(row) > numberOf(after))
      .toSorted((a, b) => numberOf(a) - numberOf(b));
    for (let i = 0; i < rows.length; i += chunkRows) yield { rows: rows.slice(i, i + chunkRows), bytes: 0 };
  }

  private commit({ changes, progress }: Chunk): void {
    if (changes) this.write(changes);
    this.passes = this.passes.map((state) => {
      if (state.table !== progress.table) return state;
      const isNeeded = state.isNeeded || progress.hasParts;
      const { lastKey, rows, isDone } = progress;
      return state.kind === progress.kind ? { ...state, isNeeded, lastKey, rows, isDone } : { ...state, isNeeded };
    });
  }

  private catchUp(until: number, batch: number, isCopying: boolean): void {
    const { maps, history, sourceTables } = this.options;
    const keys = new Map(sourceTables.map(({ name, key }) => [name, key]));
    const used = isCopying ? noticeParts(maps, 'model') : maps;
    while (this.position < until) {
      const end = Math.min(until, this.position + batch);
      const folded = new Coalescer();
      for (const transaction of history.slice(this.position, end)) {
        const { changes } = isCopying ? putMovedRows(transaction, keys) : transaction;
        for (const change of changes) if (used[change.table]) mapChange(used[change.table] as never, change, folded);
      }
      this.write(folded);
      this.position = end;
    }
  }

  private write(changes: Coalescer): void {
    for (const table of changes.tables.values())
      if (table.table === COPY_TABLE) this.markParts(table);
      else writeTable(this.target, table, this.options.defaults[table.table] ?? {});
  }

  private markParts({ byKey }: TableChanges): void {
    for (const { key } of byKey.values())
      for (const pass of this.passes)
        if (pass.kind === 'part' && pass.table === key['source_table']) pass.isNeeded = true;
  }
}

/** What the mapping makes of the source after the whole history, said without any of the copy's code. */
export function oracle({ maps, start, history, defaults }: ModelOptions): Tables {
  const source = statesOf(start, history).at(-1) as Tables;
  const rows = [...source].flatMap(([table, byKey]) => [...byKey.values()].flatMap((row) => maps[table]?.(row) ?? []));
  const target: Tables = new Map();
  for (const { table, key, columns, part } of rows)
    if (!part) tableOf(target, table).set(JSON.stringify(key), { ...key, ...defaults[table], ...columns });
  for (const { table, key, columns, part } of rows) {
    const row = tableOf(target, table).get(JSON.stringify(key));
    if (part && row) tableOf(target, table).set(JSON.stringify(key), { ...row, ...columns });
  }
  return target;
}

function writeTable(target: Tables, { table, keyColumns, byKey }: TableChanges, defaults: Row): void {
  const rows = tableOf(target, table);
  for (const [id, { key, removed, whole, parts }] of byKey) {
    if (id !== keyId(keyColumns, key)) throw new RangeError('a key was folded into another');
    const place = JSON.stringify(key);
    if (removed) rows.delete(place);
    const row = whole ? { ...key, ...defaults, ...rows.get(place), ...whole } : rows.get(place);
    if (row) rows.set(place, { ...row, ...parts });
  }
}

function statesOf(start: Tables, history: readonly SourceTransaction[]): Tables[] {
  const states = [start];
  for (const { changes } of history) {
    const next: Tables = new Map([...(states.at(-1) as Tables)].map(([name, rows]) => [name, new Map(rows)]));
    for (const change of changes) happen(next, change);
    states.push(next);
  }
  return states;
}

function happen(tables: Tables, { table, before, after }: ChangeEvent): void {
  const rows = tableOf(tables, table);
  if (before) rows.delete(String(before['id']));
  if (after) rows.set(String(after['id']), after);
}

function tableOf(tables: Tables, name: string): Map<string, Row> {
  const rows = tables.get(name) ?? new Map<string, Row>();
  tables.set(name, rows);
  return rows;
}

function numberOf(row: Row): number {
  return Number(row['id']);
}
