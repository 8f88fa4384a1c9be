import type { Row } from '../change-event.ts';
import { cdcErrors } from '../errors.ts';
import { formatPosition } from '../position.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import { readPages } from '../tables/table-pages.ts';
import type { ExactProgress } from './exact-progress.ts';
import { keyOf } from './mismatch.ts';
import { Pace } from './pace.ts';
import type { VerifyOptions } from './verify.ts';
import { openViews, type Views } from './views.ts';

export type Side = 'source' | 'target';
type Look = (page: readonly Row[]) => Promise<void>;

const PAGE_ROWS = 1000;
const VIEW_BUDGET_MS = 10 * 60_000;

/** Goes through tables within a view of both sides; when the view has become old, within another at a newer position. */
export class Walk {
  private readonly options: VerifyOptions;
  private readonly progress: ExactProgress;
  private readonly pace: Pace;
  private readonly pageRows: number;
  private views: Views | undefined;

  private readonly onOpen: (view: Views) => Promise<void>;

  constructor(options: VerifyOptions, progress: ExactProgress, onOpen: (view: Views) => Promise<void>) {
    this.options = options;
    this.onOpen = onOpen;
    this.progress = progress;
    this.pace = new Pace(options.maxRowsPerS);
    this.pageRows = options.pageRows ?? PAGE_ROWS;
  }

  get view(): Views {
    if (!this.views) throw new RangeError('no view is open');
    return this.views;
  }

  /** A view kept for long makes the server keep the history of everything changed since. */
  get isSpent(): boolean {
    return Date.now() - this.view.openedAt > (this.options.viewBudgetMs ?? VIEW_BUDGET_MS);
  }

  async open(onStill?: () => void): Promise<void> {
    this.close();
    this.views = await openViews(this.options, onStill);
    this.progress.position = formatPosition(this.views.position);
    this.progress.positions += 1;
    this.progress.oldestAt ||= this.views.openedAt;
    await this.onOpen(this.views);
  }

  /**
   * A table from where the progress says, over as many views as it takes; `look` sees each page within its own view,
   * `done` is told when the progress stands behind it.
   */
  async through(table: TableInfo, side: Side, look: Look, done: () => Promise<void>): Promise<void> {
    while (!(await this.throughView(table, side, look, done))) await this.open();
  }

  /** False when the view was spent before the table's end. */
  private async throughView(table: TableInfo, side: Side, look: Look, done: () => Promise<void>): Promise<boolean> {
    const { progress } = this;
    for await (const page of readPages(this.view[side], table, this.pageRows, progress.after)) {
      this.requireGoing(table);
      progress.count(side, page.length);
      await look(page);
      progress.after = keyOf(table.key, page.at(-1) as Row);
      await done();
      await this.pace.spend(page.length, this.options.signal);
      if (this.isSpent) return false;
    }
    return true;
  }

  /** A whole table within the view that is open. */
  async *pages(table: TableInfo, side: Side): AsyncGenerator<readonly Row[]> {
    for await (const page of readPages(this.view[side], table, this.pageRows)) {
      this.requireGoing(table);
      await this.pace.spend(page.length, this.options.signal);
      yield page;
    }
  }

  close(): void {
    this.views?.close();
    this.views = undefined;
  }

  private requireGoing({ name }: TableInfo): void {
    if (!this.options.signal?.aborted) return;
    const message = `the verification was cancelled in ${name} after ${this.progress.coverage} % of the rows`;
    throw cdcErrors.error('CDC_VERIFY_ABORTED', { message });
  }
}
