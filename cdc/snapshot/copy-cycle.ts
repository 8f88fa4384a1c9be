import { setImmediate as yieldNow } from 'node:timers/promises';
import type { Row } from '../change-event.ts';
import { classify } from '../apply/target-session.ts';
import type { TableMaps } from '../mapping.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import type { RowPage } from '../tables/row-stream.ts';
import type { ChunkWriters } from './chunk-writers.ts';
import type { CopyPass } from './copy-progress.ts';
import { mapChunk } from './map-chunk.ts';
import type { Throttle } from './throttle.ts';

export interface CycleOptions {
  readonly maps: TableMaps;
  readonly sourceTables: readonly TableInfo[];
  /** Rows of the view, in key order behind a key. */
  readonly read: (table: TableInfo, after: Row | undefined) => AsyncGenerator<RowPage>;
  readonly writers: Pick<ChunkWriters, 'write' | 'finish'>;
  readonly throttle: Pick<Throttle, 'pass'>;
  readonly passes: readonly CopyPass[];
  /** No chunk is begun after this time of the clock, except the first. */
  readonly until: number;
  readonly signal: AbortSignal;
}

/** Why a cycle ended: everything is copied, its time was over, or its view was lost together with the connection. */
export type CycleEnd =
  | { readonly kind: 'copied' }
  | { readonly kind: 'time-over' }
  | { readonly kind: 'view-lost'; readonly error: unknown };

// Answers of the databases, and whatever else this process does, wait while rows are mapped.
const YIELD_ROWS = 500;

/**
 * Copies chunk after chunk from one view. The passes are moved on here as chunks are handed over; the target is told with
 * each chunk.
 */
export async function copyCycle(options: CycleOptions): Promise<CycleEnd> {
  const { passes, sourceTables, writers } = options;
  const tables = new Map(sourceTables.map((table) => [table.name, table]));
  let isFirst = true;
  for (const kind of ['whole', 'part'] as const) {
    // Parts find their rows only once every whole row is there.
    await writers.finish();
    for (const pass of passes) {
      if (pass.kind !== kind || !pass.isNeeded || pass.isDone) continue;
      const end = await copyTable(options, pass, tables.get(pass.table) as TableInfo, isFirst);
      if (end) return end;
      isFirst = false;
    }
  }
  await writers.finish();
  return { kind: 'copied' };
}

async function copyTable(
  options: CycleOptions,
  pass: CopyPass,
  table: TableInfo,
  isFirst: boolean,
): Promise<CycleEnd | undefined> {
  const { throttle, until, signal } = options;
  const pages = options.read(table, pass.lastKey);
  let mayCopy = isFirst;
  for (;;) {
    const page = await nextPage(pages);
    if (page instanceof ViewLost) return { kind: 'view-lost', error: page.reason };
    if (!page) break;
    if (!mayCopy && Date.now() >= until) return { kind: 'time-over' };
    if (!(await throttle.pass(page.rows.length, until, signal))) return { kind: 'time-over' };
    mayCopy = false;
    await hand(options, pass, table, page);
  }
  pass.isDone = true;
  await options.writers.write({ rows: 0, bytes: 0, progress: { ...pass, hasParts: false } });
  return undefined;
}

class ViewLost {
  readonly reason: unknown;
  constructor(reason: unknown) {
    this.reason = reason;
  }
}

async function nextPage(pages: AsyncGenerator<RowPage>): Promise<RowPage | ViewLost | undefined> {
  try {
    return (await pages.next()).value as RowPage | undefined;
  } catch (error) {
    if (isViewLost(error)) return new ViewLost(error);
    throw error;
  }
}

// Table definition changed; no such table; no such column: a schema change the view cannot read past.
const SCHEMA_CHANGED = new Set([1412, 1146, 1054]);

/** The stream comes to the schema change itself, if there is one, and names it. */
function isViewLost(error: unknown): boolean {
  const { errno } = error as { errno?: number };
  return (errno !== undefined && SCHEMA_CHANGED.has(errno)) || classify(error) !== 'refused';
}

async function hand({ maps, writers, passes }: CycleOptions, pass: CopyPass, table: TableInfo, page: RowPage) {
  const { rows, bytes } = page;
  const { changes, hasParts } = mapChunk(maps, table.name, rows, pass.kind);
  if (rows.length > YIELD_ROWS) await yieldNow();
  pass.lastKey = keyOf(table, rows.at(-1) as Row);
  pass.rows += rows.length;
  if (hasParts) for (const other of passes) if (other.table === table.name) other.isNeeded = true;
  await writers.write({ changes, rows: rows.length, bytes, progress: { ...pass, hasParts } });
}

function keyOf(table: TableInfo, row: Row): Row {
  return Object.fromEntries(table.key.map((name) => [name, row[name] ?? null]));
}
