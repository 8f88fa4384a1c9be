import type { Row } from '../change-event.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import { readKeys } from '../tables/table-pages.ts';
import { keyReader, type Comparer } from './compare.ts';
import type { ExactProgress } from './exact-progress.ts';
import { findExtrasAtOnce, yieldedKeys } from './extras-at-once.ts';
import { tallyTable } from './key-tally.ts';
import { keyOf, type Mismatch } from './mismatch.ts';
import type { SideTables } from './sides.ts';
import type { Findings } from './verification.ts';
import type { VerifyOptions } from './verify.ts';
import type { Walk } from './walk.ts';
import { WayBack } from './way-back.ts';

const UNPROVEN_AT_ONCE = 100_000;
const KEYS_AT_ONCE = 1_000;

export interface ExtraSearchOptions {
  readonly verify: VerifyOptions;
  readonly tables: SideTables;
  readonly walk: Walk;
  readonly progress: ExactProgress;
  readonly comparer: Comparer;
  readonly findings: Findings;
  readonly onMismatch: (mismatch: Mismatch) => void;
}

/**
 * Rows of the target that no source row yields. Where one view was enough for the whole comparison, the fingerprint of
 * the keys tells whether there are any; over several views the target is walked and each row's source looked up.
 */
export class ExtraSearch {
  /** What was not looked for, in words. */
  readonly limits: string[] = [];
  private readonly options: ExtraSearchOptions;
  private readonly wayBack: WayBack;

  constructor(options: ExtraSearchOptions) {
    this.options = options;
    const { maps, inverse, back = inverse ?? {} } = options.verify;
    this.wayBack = new WayBack({ maps, back, sources: options.tables.source });
  }

  async search(table: TableInfo, onPage: () => Promise<void>): Promise<void> {
    const { progress, walk, comparer } = this.options;
    progress.enter('extras', table.name);
    if (progress.positions > 1 || progress.after) return this.searchByRange(table, onPage);
    const { count, text } = await tallyTable(walk.view.target, table);
    progress.counts.target[table.name] = count;
    if (text === (comparer.present.get(table.name)?.toString() ?? '0 0 0')) return;
    if (walk.isSpent) return this.searchByRange(table, onPage);
    await this.searchView(table, count);
  }

  /** Within the view that is open, however long that takes. */
  private async searchView(table: TableInfo, count: number): Promise<void> {
    const { walk } = this.options;
    await findExtrasAtOnce({
      ...this.yielding,
      table,
      count,
      targetPages: (target) => walk.pages(target, 'target'),
      onMismatch: this.options.onMismatch,
    });
  }

  private async searchByRange(table: TableInfo, onPage: () => Promise<void>): Promise<void> {
    const { walk, progress } = this.options;
    if (!this.wayBack.has(table)) return this.searchNewView(table);
    this.limits.push(`two source rows that yield one row of ${table.name} are not looked for over several positions`);
    if (!progress.after) progress.counts.target[table.name] = 0;
    const unproven: Row[] = [];
    const look = async (page: readonly Row[]): Promise<void> => {
      unproven.push(...(await this.sourceless(table, page)));
    };
    // What is not proven yet is not kept: an interrupted run looks at those rows again.
    await walk.through(table, 'target', look, async () => (unproven.length === 0 ? onPage() : undefined));
    for (let i = 0; i < unproven.length; i += UNPROVEN_AT_ONCE)
      await this.prove(table, unproven.slice(i, i + UNPROVEN_AT_ONCE));
  }

  private async searchNewView(table: TableInfo): Promise<void> {
    const { walk, progress } = this.options;
    await walk.open();
    const { count } = await tallyTable(walk.view.target, table);
    progress.counts.target[table.name] = count;
    await this.searchView(table, count);
  }

  /** Rows of the page that may have no source; where that is certain it is a finding already. */
  private async sourceless(table: TableInfo, page: readonly Row[]): Promise<readonly Row[]> {
    const { walk, comparer, findings, verify } = this.options;
    const { without, unknown, lookedInto } = await this.wayBack.withoutSource(walk.view.source, table, page);
    // Every source row was mapped there and back and found itself, and every table it can be in was looked into.
    const isComplete = [...(comparer.yields.get(table.name) ?? [])].every((name) => lookedInto.has(name));
    const isProven = verify.inverse && findings.count('irreversible') === 0 && isComplete;
    if (!isProven) return [...without, ...unknown];
    for (const row of without) this.add(table, row);
    return unknown;
  }

  /** Maps every source row within one view, to be certain of rows whose way back proves nothing. */
  private async prove(table: TableInfo, rows: readonly Row[]): Promise<void> {
    const { walk } = this.options;
    await walk.open();
    const idOf = keyReader(table, table.key);
    const open = new Map(rows.map((row) => [idOf(table.key.map((name) => row[name] ?? null)), row]));
    for await (const key of yieldedKeys({ ...this.yielding, table })) open.delete(idOf(Object.values(key)));
    const keys = [...open.values()].map((row) => keyOf(table.key, row));
    for (let i = 0; i < keys.length; i += KEYS_AT_ONCE)
      for (const row of await readKeys(walk.view.target, table, keys.slice(i, i + KEYS_AT_ONCE))) this.add(table, row);
  }

  private get yielding() {
    const { walk, tables, verify } = this.options;
    return {
      sources: tables.source,
      maps: verify.maps,
      sourcePages: (source: TableInfo) => walk.pages(source, 'source'),
    };
  }

  private add(table: TableInfo, row: Row): void {
    this.options.onMismatch({ kind: 'extra', table: table.name, key: keyOf(table.key, row), columns: [] });
  }
}
