import { setImmediate as yieldNow } from 'node:timers/promises';
import type { Connection, RowDataPacket } from '../../shared/index.ts';
import type { ApplierOptions } from '../apply/apply.ts';
import { mappingFailed } from '../map/batch.ts';
import { qualifiedName, type TableInfo } from '../tables/catalogue.ts';
import type { Row } from '../change-event.ts';
import { Coalescer } from '../map/coalesce.ts';
import { cdcErrors } from '../errors.ts';
import { quoteText } from '../apply/literal.ts';
import type { TableMaps } from '../mapping.ts';
import type { Position } from '../position.ts';
import { describeRefusal } from '../apply/refusal.ts';
import { openConsistentView } from './source-snapshot.ts';
import { writeStatements } from '../apply/statements.ts';
import { readPages } from '../tables/table-pages.ts';
import { classify, type TargetSession } from '../apply/target-session.ts';

export interface SnapshotProgress {
  readonly table: string;
  readonly rows: number;
  /** The source's own estimate. */
  readonly totalRows: number;
  readonly rowsPerS: number;
}

export interface SnapshotOptions extends Omit<ApplierOptions, 'session'> {
  readonly sourceUrl: string;
  readonly sourceTables: readonly TableInfo[];
  readonly maps: TableMaps;
  readonly openSession: () => TargetSession;
  readonly onProgress: (progress: SnapshotProgress) => void;
  readonly signal: AbortSignal;
}

const PAGE_ROWS = 2000;
const WRITERS = 2;

/** Empties the unit's tables at the target: what lies there is left over from a snapshot that did not finish. */
export async function clearTarget(options: SnapshotOptions): Promise<void> {
  const session = options.openSession();
  try {
    for (const table of options.tables.values()) await clearTable(options, session, table);
  } finally {
    session.close();
  }
}

async function clearTable(options: SnapshotOptions, session: TargetSession, table: TableInfo): Promise<void> {
  const remove = `DELETE FROM ${qualifiedName(table)} LIMIT 10000`;
  for (;;) {
    options.signal.throwIfAborted();
    const removed = await session.retry((c) => writeFenced(options, c, [remove]), options.signal);
    if (removed === 0) return;
  }
}

/** Copies every row through the mapping. Gives the log position the copy belongs to. */
export async function copyRows(options: SnapshotOptions): Promise<Position> {
  const view = await openConsistentView(options.sourceUrl);
  const writers = new ChunkWriters(options);
  try {
    await options.at('snapshot:started');
    const partTables = new Set<TableInfo>();
    const report = createReporter(options);
    for (const table of options.sourceTables)
      for await (const page of readPages(view.connection, table, PAGE_ROWS)) {
        if (await writers.write(mapPage(options.maps, table, page, 'whole'))) partTables.add(table);
        report(table.name, page.length);
      }
    await writers.finish();
    // A part needs its row: they are written once every row is there.
    for (const table of partTables)
      for await (const page of readPages(view.connection, table, PAGE_ROWS))
        await writers.write(mapPage(options.maps, table, page, 'part'));
    await writers.finish();
    return view.position;
  } finally {
    view.close();
    await writers.close();
  }
}

interface MappedPage {
  readonly changes: Coalescer;
  /** The page also yielded rows of the kind that was not asked for. */
  readonly hasParts: boolean;
}

function mapPage(maps: TableMaps, table: TableInfo, page: readonly Row[], kind: 'whole' | 'part'): MappedPage {
  const map = maps[table.name];
  const changes = new Coalescer();
  let hasParts = false;
  if (!map) return { changes, hasParts };
  try {
    for (const row of page)
      for (const target of map(row)) {
        if (target.part) hasParts = true;
        if ((target.part !== undefined) === (kind === 'part')) changes.put(target);
      }
  } catch (error) {
    throw mappingFailed(table.name, error);
  }
  return { changes, hasParts };
}

/** Two connections that take turns, so that reading, mapping and both writes overlap. */
class ChunkWriters {
  private readonly options: SnapshotOptions;
  private readonly sessions: TargetSession[];
  private readonly running: Promise<void>[] = [];
  private turn = 0;

  constructor(options: SnapshotOptions) {
    this.options = options;
    this.sessions = Array.from({ length: WRITERS }, options.openSession);
  }

  /** Starts the write; waits only for the same connection's previous one. Says whether the page has parts. */
  async write({ changes, hasParts }: MappedPage): Promise<boolean> {
    const { signal } = this.options;
    signal.throwIfAborted();
    const slot = this.turn++ % WRITERS;
    const statements = writeStatements(changes, this.options.tables).map((s) => s.sql);
    await yieldNow();
    await this.running[slot];
    const session = this.sessions[slot] as TargetSession;
    this.running[slot] = this.writeChunk(session, statements);
    this.running[slot]?.catch(() => undefined);
    return hasParts;
  }

  private async writeChunk(session: TargetSession, statements: readonly string[]): Promise<void> {
    await session.retry((c) => writeFenced(this.options, c, statements), this.options.signal);
    await this.options.at('snapshot:chunk');
  }

  async finish(): Promise<void> {
    await Promise.all(this.running);
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.running);
    for (const session of this.sessions) session.close();
  }
}

/** One transaction that only happens while the stream is ours and the target does not own the rows. */
async function writeFenced(options: SnapshotOptions, connection: Connection, sqls: readonly string[]): Promise<number> {
  const { name, unit, epoch, targetSide } = options;
  await connection.query('START TRANSACTION');
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT p.epoch, (SELECT owner FROM banyan.ownership WHERE unit=${quoteText(unit)} LOCK IN SHARE MODE) AS owner
     FROM banyan.stream_position p WHERE p.name=${quoteText(name)} LOCK IN SHARE MODE`,
  );
  if (Number(rows[0]?.['epoch']) !== epoch) {
    await connection.query('ROLLBACK');
    throw cdcErrors.error('CDC_STREAM_TAKEN', { message: `stream ${name} has been taken over since epoch ${epoch}` });
  }
  if (rows[0]?.['owner'] === targetSide) {
    await connection.query('ROLLBACK');
    throw cdcErrors.error('CDC_TARGET_OWNS_ROWS', {
      message: `a snapshot of ${unit} would replace rows that ${targetSide}, its target, owns`,
    });
  }
  let affected = 0;
  try {
    for (const sql of sqls) {
      const [result] = await connection.query(sql);
      affected += (result as { affectedRows?: number }).affectedRows ?? 0;
    }
  } catch (error) {
    if (classify(error) === 'refused') throw describeRefusal(error, undefined);
    throw error;
  }
  await connection.query('COMMIT');
  return affected;
}

function createReporter(options: SnapshotOptions): (table: string, rows: number) => void {
  const startedAt = Date.now();
  const totalRows = options.sourceTables.reduce((sum, table) => sum + table.rowsEstimate, 0);
  let rows = 0;
  return (table, count) => {
    rows += count;
    const seconds = Math.max(Date.now() - startedAt, 1) / 1000;
    options.onProgress({ table, rows, totalRows: Math.max(totalRows, rows), rowsPerS: Math.round(rows / seconds) });
  };
}
