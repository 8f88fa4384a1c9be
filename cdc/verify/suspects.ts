import type { Row } from '../change-event.ts';
import { sameValue } from '../map/map.ts';
import { covers, mergePositions, type Position } from '../position.ts';
import type { Stream } from '../stream/stream.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import { readKeys } from '../tables/table-pages.ts';
import { keyReader } from './compare.ts';
import type { Live } from './live.ts';
import { keyOf } from './mismatch.ts';
import type { UnverifiedReason } from './verification.ts';

/** A source row whose target was not as it should be when both were looked at. */
export interface RowSuspect {
  readonly kind: 'row';
  readonly table: TableInfo;
  readonly key: Row;
  /** The source row as it was read last, and a position read after it. */
  readonly image: Row;
  readonly position: Position;
  readonly rounds: number;
  /** Where in the walk. */
  readonly at: number;
}

/** A target row that seemed to have no source. */
export interface ExtraSuspect {
  readonly kind: 'extra';
  readonly table: TableInfo;
  readonly key: Row;
  readonly position: Position;
  readonly at: number;
}

export type Suspect = RowSuspect | ExtraSuspect;

export interface SuspectsOptions {
  readonly stream: Pick<Stream, 'watermark' | 'waitFor'>;
  readonly live: Live;
  /** Which rows of the page are not as the mapping says, by source key. */
  readonly wrongOf: (table: TableInfo, images: readonly Row[]) => Promise<readonly Row[]>;
  /** Which of these target rows have no source, as far as that can be told. */
  readonly sourceless: (table: TableInfo, rows: readonly Row[]) => Promise<readonly Row[]>;
  /** Looks at stable suspects at one exact position. */
  readonly confirm: (suspects: readonly Suspect[]) => Promise<void>;
  readonly leaveOut: (suspect: Suspect, reason: UnverifiedReason) => void;
  /** How long to wait for the stream to pass a position. */
  readonly budgetMs: number;
  readonly signal?: AbortSignal;
}

const ROUNDS = 5;
const KEYS_AT_ONCE = 500;

/**
 * Rows that looked wrong. Each is looked at again once the stream has passed a position read after its source: equal
 * now, it was in flight. Its source changed meanwhile: another round, and after several it is left out as hot. Its
 * source unchanged and its target still different: that is stable, and looked at once more at one exact position,
 * because a source that changed there and back in between would look the same.
 */
export class Suspects {
  private pending: Suspect[] = [];
  private readonly options: SuspectsOptions;

  constructor(options: SuspectsOptions) {
    this.options = options;
  }

  get size(): number {
    return this.pending.length;
  }

  add(suspects: readonly Suspect[]): void {
    this.pending.push(...suspects);
  }

  /** Settles those whose position the stream has passed. */
  async settleDue(): Promise<void> {
    const watermark = this.options.stream.watermark();
    const due = this.pending.filter(({ position }) => covers(watermark, position));
    if (due.length === 0) return;
    this.pending = this.pending.filter(({ position }) => !covers(watermark, position));
    await this.settle(due);
  }

  /** Settles all, waiting for the stream; what it does not pass in time is left out as late. */
  async settleAll(): Promise<void> {
    const { stream, budgetMs, signal, leaveOut } = this.options;
    for (const isOver = () => signal?.aborted; this.pending.length > 0 && !isOver();) {
      const position = this.pending.map((suspect) => suspect.position).reduce(mergePositions);
      const reached = await stream.waitFor(position, { budgetMs, ...(signal && { signal }) });
      await this.settleDue();
      if (reached || signal?.aborted) continue;
      for (const suspect of this.pending) leaveOut(suspect, 'late');
      this.pending = [];
    }
  }

  private async settle(due: readonly Suspect[]): Promise<void> {
    const stable: Suspect[] = [];
    const rows = due.filter((suspect) => suspect.kind === 'row');
    const extras = due.filter((suspect) => suspect.kind === 'extra');
    for (const some of chunksByTable(rows)) stable.push(...(await this.lookAtRows(some)));
    for (const some of chunksByTable(extras)) stable.push(...(await this.lookAtExtras(some)));
    for (const some of chunksOf(stable)) await this.options.confirm(some);
  }

  /** Compares with the target first and reads the source afterwards: answers those that did not move in between. */
  private async lookAtRows(suspects: readonly RowSuspect[]): Promise<readonly RowSuspect[]> {
    const { table } = suspects[0] as RowSuspect;
    const { live, wrongOf } = this.options;
    const images = suspects.map(({ image }) => image);
    const ids = indexer(table);
    const wrong = new Set((await wrongOf(table, images)).map(ids));
    const open = suspects.filter(({ key }) => wrong.has(ids(key)));
    if (open.length === 0) return [];
    const now = await readKeys(
      live.source,
      table,
      open.map(({ key }) => key),
    );
    const position = await live.head();
    const byId = new Map(now.map((row) => [ids(row), row]));
    return open.filter((suspect) => {
      const image = byId.get(ids(suspect.key));
      if (image && !sameRow(image, suspect.image)) this.lookAgain(suspect, image, position);
      return image && sameRow(image, suspect.image);
    });
  }

  private lookAgain(suspect: RowSuspect, image: Row, position: Position): void {
    const rounds = suspect.rounds + 1;
    if (rounds >= ROUNDS) this.options.leaveOut(suspect, 'hot');
    else this.pending.push({ ...suspect, image, position, rounds });
  }

  private async lookAtExtras(suspects: readonly ExtraSuspect[]): Promise<readonly ExtraSuspect[]> {
    const { table } = suspects[0] as ExtraSuspect;
    const { live, sourceless } = this.options;
    const held = await readKeys(
      live.target,
      table,
      suspects.map(({ key }) => key),
    );
    const ids = indexer(table);
    const still = new Set((await sourceless(table, held)).map(ids));
    return suspects.filter(({ key }) => still.has(ids(key)));
  }
}

function indexer(table: TableInfo): (row: Row) => string | number {
  const read = keyReader(table, table.key);
  return (row) => read(Object.values(keyOf(table.key, row)));
}

function sameRow(a: Row, b: Row): boolean {
  return Object.keys(a).every((name) => sameValue(a[name], b[name]));
}

function* chunksByTable<T extends Suspect>(suspects: readonly T[]): Generator<readonly T[]> {
  for (const some of Map.groupBy(suspects, ({ table }) => table.name).values()) yield* chunksOf(some);
}

function* chunksOf<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < items.length; i += KEYS_AT_ONCE) yield items.slice(i, i + KEYS_AT_ONCE);
}
