import type { Connection, RowDataPacket } from '../../shared/index.ts';
import { changeStream, readStreamRecord, type StreamRecord } from '../apply/bookkeeping.ts';
import { quoteText } from '../apply/literal.ts';
import type { TargetSession } from '../apply/target-session.ts';
import { buildDerived } from '../derived/build.ts';
import { cdcErrors } from '../errors.ts';
import { emptyPosition, formatPosition, type Position } from '../position.ts';
import { withConnection } from '../tables/connect.ts';
import { streamPages } from '../tables/row-stream.ts';
import { catchUp, openView } from './catch-up.ts';
import { ChunkWriters, type Chunk } from './chunk-writers.ts';
import { clearTable, clearTarget } from './clear-target.ts';
import { copyCycle, type CycleEnd } from './copy-cycle.ts';
import { CopyMeter } from './copy-meter.ts';
import { beginPasses, readPasses, type CopyPass } from './copy-progress.ts';
import { beginFenced } from './fenced-write.ts';
import type { SnapshotOptions } from './snapshot.ts';
import type { ConsistentView } from './source-snapshot.ts';
import { Throttle } from './throttle.ts';

const DEFAULTS = { cycleMs: 60_000, chunkRows: 2_000, chunkBytes: 512 * 1024, writers: 3 };
// A view that breaks again and again before one chunk is through will not get better.
const LOST_VIEWS = 5;

/** One copy from its start, or from where an earlier one came to, to its end: cycle after cycle. */
export class Copy {
  private readonly options: SnapshotOptions;
  private readonly session: TargetSession;
  private readonly writers: ChunkWriters;
  private readonly throttle: Throttle;
  private passes: CopyPass[] = [];
  private meter = new CopyMeter(0, 0);
  private lostViews = 0;

  constructor(options: SnapshotOptions) {
    this.options = options;
    this.session = options.openSession();
    this.writers = new ChunkWriters({
      ...options,
      writers: options.limits.writers ?? DEFAULTS.writers,
      onCommitted: (chunk) => this.count(chunk),
    });
    this.throttle = new Throttle({
      limits: options.throttle,
      readSourceThreads: () => readThreads(options.sourceUrl),
      onWait: (reason) => this.show(reason && `throttled: ${reason}`),
    });
  }

  async run(record: StreamRecord): Promise<void> {
    this.passes = await this.ask((connection) => readPasses(connection, this.options.name));
    const goesOn = isResumable(this.options, record, this.passes);
    let view = goesOn ? await this.catchUp() : await this.startOver();
    if (goesOn)
      this.meter = new CopyMeter(
        sum(this.passes, ({ rows }) => rows),
        Date.now(),
      );
    while (!(await this.cycle(view))) view = await this.catchUp();
    await this.buildDerived();
  }

  async close(): Promise<void> {
    await this.writers.close();
    this.session.close();
  }

  /** Clears the target, opens the first view and records its position; nothing is copied before that is committed. */
  private async startOver(): Promise<ConsistentView> {
    const { options } = this;
    const { name, epoch, mappingVersion } = options;
    const change = { state: 'snapshotting', position: emptyPosition, mappingVersion } as const;
    if (!(await this.ask((connection) => changeStream(connection, name, epoch, change))))
      throw cdcErrors.error('CDC_STREAM_TAKEN', { message: `stream ${name} has been taken over since epoch ${epoch}` });
    await clearTarget(options);
    const view = await openView(options, options.signal);
    try {
      const begin = [
        ...beginPasses(name, Object.keys(options.maps)),
        // What waits is older than the new copy.
        ...['parked', 'dead_letter'].map((table) => `DELETE FROM banyan.${table} WHERE stream=${quoteText(name)}`),
        startAt(name, view.position),
        'COMMIT',
      ];
      await this.ask((connection) => beginFenced(connection, options, begin));
      this.meter = new CopyMeter(0, Date.now());
      await options.at('snapshot:started');
      return view;
    } catch (error) {
      view.close();
      throw error;
    }
  }

  private async catchUp(): Promise<ConsistentView> {
    const { name } = this.options;
    this.show('the source’s new changes');
    const record = await this.ask((connection) => readStreamRecord(connection, name));
    if (!record) throw new RangeError(`the position row of ${name} vanished`);
    return catchUp(this.options, record);
  }

  /** True when everything is copied. */
  private async cycle(view: ConsistentView): Promise<boolean> {
    const { options, throttle, writers } = this;
    const { cycleMs, chunkRows, chunkBytes } = { ...DEFAULTS, ...options.limits };
    try {
      this.passes = await this.ask((connection) => readPasses(connection, options.name));
      const limits = { rows: chunkRows, bytes: chunkBytes };
      const end = await copyCycle({
        ...options,
        writers,
        throttle,
        passes: this.passes,
        read: (table, after) => streamPages(view.connection, table, { limits, after, signal: options.signal }),
        until: Date.now() + cycleMs,
      });
      await writers.finish();
      this.judge(end);
      await options.at('snapshot:cycle');
      return end.kind === 'copied';
    } finally {
      view.close();
    }
  }

  /** From nothing, whatever an earlier start has built: its landing rows may have changed since. */
  private async buildDerived(): Promise<void> {
    const { options } = this;
    const { derivations, signal } = options;
    for (const { table } of derivations ?? []) await clearTable(options, this.session, table);
    await buildDerived({
      derivations,
      signal,
      query: (sql) => this.ask(async (connection) => (await connection.query<RowDataPacket[]>(sql))[0]),
      write: (sql) =>
        this.ask(async (connection) => {
          const rows = await beginFenced(connection, options, [sql]);
          await connection.query('COMMIT');
          return rows;
        }),
    });
  }

  private judge(end: CycleEnd): void {
    if (end.kind !== 'view-lost') return;
    this.lostViews += 1;
    if (this.lostViews >= LOST_VIEWS) throw end.error;
    this.options.log.warn({ code: (end.error as { code?: string }).code }, 'a view was lost, going on from another');
  }

  private count({ rows }: Chunk): void {
    this.lostViews = 0;
    this.meter.add(rows);
    this.show(undefined);
  }

  private show(waitsFor: string | undefined): void {
    const table = this.passes.find(({ isNeeded, isDone }) => isNeeded && !isDone)?.table ?? '';
    const { sourceTables, onProgress } = this.options;
    const estimates = new Map(sourceTables.map(({ name, rowsEstimate }) => [name, rowsEstimate]));
    const total = sum(this.passes, (pass) => (pass.isNeeded ? (estimates.get(pass.table) ?? 0) : 0));
    onProgress(this.meter.read(table, total, Date.now(), waitsFor));
  }

  private ask<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return this.session.retry(work, this.options.signal);
  }
}

/** A copy is gone on with when it was begun by the same mapping and its position is known. */
function isResumable(options: SnapshotOptions, record: StreamRecord, passes: readonly CopyPass[]): boolean {
  const { maps, mappingVersion } = options;
  const tables = Object.keys(maps);
  return (
    record.state === 'snapshotting' &&
    record.position.size > 0 &&
    record.mappingVersion === mappingVersion &&
    passes.length === 2 * tables.length &&
    passes.every(({ table }) => tables.includes(table))
  );
}

function startAt(stream: string, position: Position): string {
  return `UPDATE banyan.stream_position SET position=${quoteText(formatPosition(position))}, \`cursor\`=NULL WHERE name=${quoteText(stream)}`;
}

/** A source that does not answer counts as busy. */
async function readThreads(url: string): Promise<number> {
  try {
    return await withConnection(url, async (connection) => {
      const [rows] = await connection.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Threads_running'");
      return Number(rows[0]?.['Value']);
    });
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
