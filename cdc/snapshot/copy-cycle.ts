import { setImmediate as yieldNow } from 'node:timers/promises';
import type { Row } from '../change-event.ts';
import { writeStatements } from '../apply/statements.ts';
import { classify } from '../apply/target-session.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import { streamPages, type RowPage } from '../tables/row-stream.ts';
import type { ChunkWriters } from './chunk-writers.ts';
import type { CopyPass } from './copy-progress.ts';
import { mapChunk } from './map-chunk.ts';
import type { SnapshotOptions } from './snapshot.ts';
import type { ConsistentView } from './source-snapshot.ts';
import type { Throttle } from './throttle.ts';

export interface CycleOptions {
  readonly snapshot: SnapshotOptions;
  readonly view: ConsistentView;
  readonly writers: ChunkWriters;
  readonly throttle: Throttle;
  readonly passes: readonly CopyPass[];
  readonly limits: { readonly rows: number; readonly bytes: number };
  /** No chunk is begun after this time of the clock, except the first. */
  readonly until: number;
}

/** Why a cycle ended: everything is copied, its time was over, or its view was lost together with the connection. */
export type CycleEnd =
  | { readonly kind: 'copied' }
  | { readonly kind: 'time-over' }
  | { readonly kind: 'view-lost'; readonly error: unknown };

/**
 * Copies chunk after chunk from one view. The passes are moved on here as chunks are handed over; the target is told with
 * each chunk.
 */
export async function copyCycle(options: CycleOptions): Promise<CycleEnd> {
  const { passes, snapshot, writers } = options;
  const tables = new Map(snapshot.sourceTables.map((table) => [table.name, table]));
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
  const { view, throttle, limits, until, snapshot } = options;
  const pages = streamPages(view.connection, table, { limits, after: pass.lastKey, signal: snapshot.signal });
  let mayCopy = isFirst;
  for (;;) {
    const page = await nextPage(pages);
    if (page instanceof ViewLost) return { kind: 'view-lost', error: page.reason };
    if (!page) break;
    if (!mayCopy && Date.now() >= until) return { kind: 'time-over' };
    if (!(await throttle.pass(page.rows.length, until, snapshot.signal))) return { kind: 'time-over' };
    mayCopy = false;
    await hand(options, pass, table, page);
  }
  pass.isDone = true;
  await options.writers.write({ statements: [], rows: 0, bytes: 0, progress: { ...pass, hasParts: false } });
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

async function hand({ snapshot, writers, passes }: CycleOptions, pass: CopyPass, table: TableInfo, page: RowPage) {
  const { changes, hasParts } = mapChunk(snapshot.maps, table.name, page.rows, pass.kind);
  await yieldNow();
  const statements = writeStatements(changes, snapshot.tables).map(({ sql }) => sql);
  await yieldNow();
  pass.lastKey = keyOf(table, page.rows.at(-1) as Row);
  pass.rows += page.rows.length;
  if (hasParts) for (const other of passes) if (other.table === table.name) other.isNeeded = true;
  await writers.write({ statements, rows: page.rows.length, bytes: page.bytes, progress: { ...pass, hasParts } });
}

function keyOf(table: TableInfo, row: Row): Row {
  return Object.fromEntries(table.key.map((name) => [name, row[name] ?? null]));
}
