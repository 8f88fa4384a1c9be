import { setImmediate as yieldNow } from 'node:timers/promises';
import type { Applier, PreparedBatch } from './apply.ts';
import { Batch } from '../map/batch.ts';
import type { SourceTransaction } from '../change-event.ts';
import type { ChangeSource, StartPoint } from '../change-source.ts';
import { cdcErrors } from '../errors.ts';
import type { HotKeys } from './hot-keys.ts';
import { Intake } from './intake.ts';
import type { TableMaps } from '../mapping.ts';
import type { StandStills } from './stand-still.ts';
import type { Watermark } from './watermark.ts';

export interface FollowOptions {
  readonly unit: string;
  readonly source: ChangeSource;
  readonly maps: TableMaps;
  readonly skipDomain: number;
  readonly applier: Applier;
  readonly watermark: Watermark;
  /** What the source gave along with the watermark's position, if it is known. */
  readonly cursor?: string;
  readonly standStills: StandStills;
  readonly hot: HotKeys;
  /** Primary key columns of the source tables. */
  readonly sourceKeys: ReadonlyMap<string, readonly string[]>;
  /** The first schema change was announced by a new mapping version and is passed over. */
  readonly passesSchemaChange: boolean;
  readonly limits: { readonly changes: number; readonly bytes: number };
  readonly signal: AbortSignal;
}

// Between slices the answers of the target are heard; a longer slice leaves the target waiting for its next statement.
const YIELD_EVERY = 500;
// Rarely: where streams run both ways, a moved position is itself a transaction that the other one reads.
const PERSIST_IDLE_MS = 5_000;

/**
 * Carries transactions from the source to the applier until the signal aborts. While one batch is written the next is
 * collected; a batch never waits for more than what is there, so a single change goes out at once.
 */
export async function follow(options: FollowOptions): Promise<void> {
  await new Follower(options).run();
}

class Follower {
  private readonly options: FollowOptions;
  private readonly intake: Intake;
  private next: Batch;
  private writing: Promise<void> | undefined;
  private persistedAt = 0;
  private passesSchemaChange: boolean;

  constructor(options: FollowOptions) {
    this.options = options;
    this.intake = new Intake(options.source, startPoint(options), options.signal);
    this.next = new Batch(options.maps, options.watermark.position);
    this.passesSchemaChange = options.passesSchemaChange;
  }

  async run(): Promise<void> {
    const { signal, standStills, watermark } = this.options;
    while (!signal.aborted) {
      await this.collect();
      if (this.next.isEmpty && !this.writing) {
        if (!(await standStills.serve(() => watermark.position))) await this.somethingToDo();
      } else if (await this.isTurn()) await this.hand();
    }
    await this.writing;
  }

  /** Takes what is there, whole transactions, up to the batch's limits and never past a stand-still. */
  private async collect(): Promise<void> {
    let sinceYield = 0;
    while (!this.isComplete()) {
      const transaction = this.intake.takeNow();
      if (!transaction) return;
      this.take(transaction);
      sinceYield += transaction.changes.length;
      if (sinceYield < YIELD_EVERY) continue;
      sinceYield = 0;
      await yieldNow();
    }
  }

  private isComplete(): boolean {
    return this.next.isFull(this.options.limits) || this.options.standStills.stopsAt(this.next.position);
  }

  private take(transaction: SourceTransaction): void {
    const isOurs = transaction.gtid.domain !== this.options.skipDomain;
    if (isOurs) this.stopAtSchemaChange(transaction);
    this.next.add(transaction, isOurs);
    if (isOurs) this.rememberKeys(transaction);
  }

  /** False while the batch before is being written and this one can still grow. */
  private async isTurn(): Promise<boolean> {
    if (!this.writing || this.isComplete()) return true;
    const written = this.writing.then(yes, yes);
    return Promise.race([written, this.somethingToDo().then(no)]);
  }

  private async hand(): Promise<void> {
    const batch = this.next;
    const { applier, watermark, hot, maps } = this.options;
    // Written out while the target is still busy with the batch before.
    const prepared = batch.isEmpty ? undefined : applier.prepare(batch);
    await this.writing;
    this.writing = undefined;
    if (!prepared) return;
    this.next = new Batch(maps, batch.position);
    // Nothing to write: the watermark moves in memory at once and in the target now and then. A restart from the older
    // position reads the same nothing again.
    const isDue = Date.now() - this.persistedAt >= PERSIST_IDLE_MS;
    if (batch.isIdle && !isDue) return watermark.advance(batch.position);
    hot.touchTargets(batch.coalesced);
    this.writing = this.write(prepared);
    this.writing.catch(() => undefined);
  }

  private async write(prepared: PreparedBatch): Promise<void> {
    const { applier, watermark, signal } = this.options;
    await applier.apply(prepared, signal);
    this.persistedAt = Date.now();
    watermark.advance(prepared.position);
  }

  private stopAtSchemaChange({ schemaChange, gtid }: SourceTransaction): void {
    if (schemaChange === undefined) return;
    if (this.passesSchemaChange) {
      this.passesSchemaChange = false;
      return;
    }
    const where = `${gtid.domain}-${gtid.server}-${gtid.sequence}`;
    const statement = schemaChange.split(/\s+/).slice(0, 3).join(' ');
    throw cdcErrors.error('CDC_SCHEMA_CHANGED', {
      message: `${statement} … at ${where} changes a table of ${this.options.unit}`,
    });
  }

  private rememberKeys({ changes }: SourceTransaction): void {
    const { sourceKeys, hot } = this.options;
    for (const { table, before, after } of changes) {
      const key = sourceKeys.get(table);
      if (!key) continue;
      if (after) hot.touchSource(table, key, after);
      if (before) hot.touchSource(table, key, before);
    }
  }

  private async somethingToDo(): Promise<void> {
    await Promise.race([this.intake.ready(), this.options.standStills.requested()]);
  }
}

function startPoint({ watermark, cursor }: FollowOptions): StartPoint {
  return { position: watermark.position, ...(cursor !== undefined && { cursor }) };
}

const yes = (): boolean => true;
const no = (): boolean => false;
