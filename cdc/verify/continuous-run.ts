import { systemClock } from '../../shared/index.ts';
import type { Row } from '../change-event.ts';
import { formatPosition } from '../position.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import { readPages } from '../tables/table-pages.ts';
import { ChunkCheck } from './chunk-check.ts';
import { Cursor, keepYields, keptYields, type CursorRecord, type YieldsRecord } from './cursor.ts';
import { mappedTables } from './derived-rows.ts';
import { LagBrake } from './lag-brake.ts';
import type { Live } from './live.ts';
import { keyOf } from './mismatch.ts';
import { Pace } from './pace.ts';
import { PassLog, summarise, type PassRecord } from './pass-log.ts';
import { RunRecord } from './run-record.ts';
import type { SideTables } from './sides.ts';
import type { Verification } from './verification.ts';
import type { ContinuousOptions } from './verify-continuously.ts';

interface ContinuousRecord extends CursorRecord {
  readonly pass: number;
  readonly current: PassRecord;
  readonly before?: PassRecord;
  readonly yields: YieldsRecord;
}

const PAGE_ROWS = 1000;
const LAG_EVERY_MS = 250;
const RESULT_EVERY_MS = 60_000;

/** Walks all tables of the source, then those of the target, pass after pass. */
export class ContinuousRun {
  private readonly options: ContinuousOptions;
  private readonly tables: SideTables;
  private readonly live: Live;
  private readonly kept: RunRecord<ContinuousRecord>;
  private readonly pace: Pace;
  private readonly brake = new LagBrake();
  private readonly cursor = new Cursor();
  private readonly check: ChunkCheck;
  private readonly startedAt = Date.now();
  private readonly estimate: number;
  /** Rows seen by the latest walk through each table. */
  private readonly counts = { source: {} as Record<string, number>, target: {} as Record<string, number> };
  private current = new PassLog();
  private before: PassLog | undefined;
  private pass = 1;
  private isResumed = false;
  private lagAskedAt = 0;
  private resultAt = Date.now();

  constructor(options: ContinuousOptions, tables: SideTables, live: Live) {
    this.options = options;
    this.tables = tables;
    this.live = live;
    this.kept = new RunRecord(options.targetUrl, 'continuous', options.run);
    this.pace = new Pace(options.maxRowsPerS);
    this.check = new ChunkCheck({ verify: options, tables, live, log: () => this.current });
    const all = [...tables.source, ...this.extraTables];
    this.estimate = all.reduce((sum, table) => sum + table.rowsEstimate, 0);
  }

  async run(): Promise<Verification> {
    await this.begin();
    const last = this.pass + (this.options.passes ?? Number.POSITIVE_INFINITY);
    while (this.pass < last && !this.isOver) await this.walkAll();
    await this.kept.save(this.record(), !this.isOver);
    return this.result();
  }

  private get isOver(): boolean {
    return this.options.signal?.aborted ?? false;
  }

  /** Tables of which a row too many can be told from a row in flight. */
  private get extraTables(): TableInfo[] {
    return mappedTables(this.tables, this.options.derived).filter((table) => this.check.wayBack.has(table));
  }

  private async begin(): Promise<void> {
    const kept = await this.kept.begin();
    this.isResumed = kept !== undefined;
    if (!kept) return;
    this.cursor.goTo(kept);
    this.pass = kept.pass;
    this.current = PassLog.of(kept.current);
    this.before = kept.before && PassLog.of(kept.before);
    this.check.yields = keptYields(kept.yields);
  }

  private async walkAll(): Promise<void> {
    for (const table of this.cursor.rest('rows', this.tables.source))
      await this.walk('rows', table, (page) => this.check.rows(table, page));
    for (const table of this.cursor.rest('extras', this.extraTables))
      await this.walk('extras', table, (page) => this.check.extras(table, page));
    await this.check.finish();
    if (this.isOver) return;
    this.before = this.current;
    this.current = new PassLog();
    this.cursor.goTo({ phase: 'rows', table: '' });
    this.pass += 1;
    await this.tell();
  }

  private async walk(phase: 'rows' | 'extras', table: TableInfo, look: (page: readonly Row[]) => Promise<void>) {
    const { live, cursor } = this;
    if (this.isOver) return;
    cursor.enter(phase, table.name);
    const side = phase === 'rows' ? 'source' : 'target';
    if (!cursor.after) this.counts[side][table.name] = 0;
    for await (const page of readPages(live[side], table, this.options.pageRows ?? PAGE_ROWS, cursor.after)) {
      if (this.isOver) return;
      await look(page);
      this.current.walk(page.length, Date.now());
      this.counts[side][table.name] = (this.counts[side][table.name] ?? 0) + page.length;
      cursor.after = keyOf(table.key, page.at(-1) as Row);
      await this.show(page.length);
    }
  }

  private async show(rows: number): Promise<void> {
    const { signal, onProgress } = this.options;
    const { walked } = this.current;
    const { coverage, wrong, notVerified, oldestAgeMs } = this.summary();
    const total = Math.max(walked, this.before?.walked ?? this.estimate);
    const { table } = this.cursor;
    onProgress?.({ table, rows: walked, total, coverage, wrong, notVerified, oldestAgeMs, pass: this.pass });
    // What is still suspected is not kept: a run that goes on here would not come back to it.
    if (this.check.isSettled) await this.kept.note(() => this.record());
    if (this.before && Date.now() - this.resultAt > RESULT_EVERY_MS) await this.tell();
    await this.pace.spend(rows, signal);
    await this.giveWay();
  }

  /** The reading must not be the reason why the stream falls behind. */
  private async giveWay(): Promise<void> {
    if (Date.now() - this.lagAskedAt < LAG_EVERY_MS) return;
    this.lagAskedAt = Date.now();
    const pauseMs = this.brake.pauseAfter(await this.options.stream.lag());
    if (pauseMs > 0) await systemClock.sleep(pauseMs, this.options.signal);
  }

  private async tell(): Promise<void> {
    this.resultAt = Date.now();
    await this.options.onResult?.(this.result());
  }

  private summary() {
    return summarise(this.current, this.before, this.estimate, Date.now());
  }

  private result(): Verification {
    const without = mappedTables(this.tables, this.options.derived).filter((table) => !this.check.wayBack.has(table));
    return {
      mode: 'continuous',
      ...this.summary(),
      position: formatPosition(this.options.stream.watermark()),
      positions: this.pass,
      ms: Date.now() - this.startedAt,
      resumed: this.isResumed,
      counts: this.counts,
      limits: without.map(({ name }) => `rows too many of ${name} are not looked for: the mapping knows no way back`),
    };
  }

  private record(): ContinuousRecord {
    const { cursor, pass, current, before, check } = this;
    return {
      ...cursor.place(),
      pass,
      current: current.record(),
      yields: keepYields(check.yields),
      ...(before && { before: before.record() }),
    };
  }
}
