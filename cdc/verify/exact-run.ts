import type { Row } from '../change-event.ts';
import { Comparer } from './compare.ts';
import { ExactProgress, type ExactRecord } from './exact-progress.ts';
import { keptYields } from './cursor.ts';
import { compareDerived, mappedTables } from './derived-rows.ts';
import { ExtraSearch } from './extras.ts';
import type { Mismatch } from './mismatch.ts';
import { ParkedRows } from './parked.ts';
import { RunRecord } from './run-record.ts';
import type { SideTables } from './sides.ts';
import { findHeadroom, findOrphans } from './target-checks.ts';
import { Findings, type Verification } from './verification.ts';
import type { VerifyOptions } from './verify.ts';
import { Walk } from './walk.ts';

/** One exact verification: compares all rows, then looks for rows too many, then at what only the target can tell. */
export class ExactRun {
  readonly findings: Findings;
  private readonly options: VerifyOptions;
  private readonly tables: SideTables;
  private readonly kept: RunRecord<ExactRecord>;
  private readonly progress: ExactProgress;
  private readonly walk: Walk;
  private readonly comparer: Comparer;
  private readonly parked: ParkedRows;
  private readonly startedAt = Date.now();
  private isResumed = false;
  private restoreHot = (): void => undefined;
  /** As of the last page that was done: what is kept must not count half a page. */
  private done: ExactRecord | undefined;

  constructor(options: VerifyOptions, tables: SideTables) {
    const { maps, inverse, targetUrl, run, keepMismatches } = options;
    this.options = options;
    this.tables = tables;
    this.findings = new Findings(keepMismatches);
    this.kept = new RunRecord(targetUrl, 'exact', run);
    this.progress = new ExactProgress(tables.source.reduce((sum, table) => sum + table.rowsEstimate, 0));
    this.walk = new Walk(options, this.progress, (view) => this.parked.load(view.target, run?.name));
    this.comparer = new Comparer({
      maps,
      targetTables: tables.target,
      ...(inverse && { inverse }),
      target: () => this.walk.view.target,
      onMismatch: this.onMismatch,
    });
    this.parked = new ParkedRows(tables, maps);
  }

  private readonly onMismatch = (mismatch: Mismatch): void => {
    if (!this.parked.holds(mismatch)) this.findings.add(mismatch);
  };

  async run(): Promise<Verification> {
    let isClean = false;
    try {
      await this.begin();
      await this.compareRows();
      const limits = await this.findExtras();
      const result = await this.finish(limits);
      isClean = result.wrong === 0 && result.notVerified === 0;
      return result;
    } catch (error) {
      await this.keep(false).catch(() => undefined);
      throw error;
    } finally {
      if (!isClean) this.restoreHot();
      this.walk.close();
    }
  }

  private async begin(): Promise<void> {
    const kept = await this.kept.begin();
    this.isResumed = kept !== undefined;
    if (kept) {
      this.progress.resume(kept);
      this.findings.resume(kept.findings);
      this.comparer.yields = keptYields(kept.yields);
    }
    // Keys written after the first view are hot; those that an interrupted run saw are not settled by the one after it.
    await this.walk.open(() => {
      const taken = kept ? undefined : this.options.stream.takeHotKeys();
      this.restoreHot = () => taken?.restore();
    });
    this.mark();
    await this.keep(false);
  }

  private async compareRows(): Promise<void> {
    for (const table of this.progress.rest('rows', this.tables.source)) {
      this.progress.enter('rows', table.name);
      this.progress.count('source', 0);
      const compare = async (page: readonly Row[]): Promise<void> => {
        this.findings.rows += (await this.comparer.comparePage(table, page)).length;
      };
      await this.walk.through(table, 'source', compare, () => this.pageDone());
    }
  }

  private async findExtras(): Promise<readonly string[]> {
    const { options, tables, walk, progress, comparer, findings } = this;
    const { onMismatch } = this;
    const search = new ExtraSearch({ verify: options, tables, walk, progress, comparer, findings, onMismatch });
    for (const table of progress.rest('extras', mappedTables(tables, options.derived)))
      await search.search(table, () => this.pageDone());
    return search.limits;
  }

  private async finish(limits: readonly string[]): Promise<Verification> {
    const { findings, walk, tables, progress, comparer, onMismatch } = this;
    await findOrphans(walk.view.target, tables.target, onMismatch);
    await findHeadroom(walk.view, tables.source, tables.target, comparer.yields, onMismatch);
    findings.rows += await compareDerived(walk.view.target, tables, this.options.derived, onMismatch);
    this.parked.leaveOut(findings);
    this.mark();
    await this.keep(true);
    const { position, positions, oldestAt, counts } = progress;
    return {
      mode: 'exact',
      ...findings.report(),
      position,
      positions,
      counts,
      limits,
      coverage: 100,
      resumed: this.isResumed,
      oldestAgeMs: Date.now() - oldestAt,
      ms: Date.now() - this.startedAt,
    };
  }

  private async pageDone(): Promise<void> {
    const { table, rows, total, coverage } = this.progress;
    const { wrong, notVerified } = this.findings;
    this.options.onProgress?.({ table, rows, total, coverage, wrong, notVerified });
    this.mark();
    await this.kept.note(() => this.done as ExactRecord);
  }

  private mark(): void {
    this.done = this.progress.record(this.comparer.yields, this.findings.record());
  }

  private async keep(isFinished: boolean): Promise<void> {
    if (this.done) await this.kept.save(this.done, isFinished);
  }
}
