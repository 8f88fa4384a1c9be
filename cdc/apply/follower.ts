import { setImmediate as yieldNow } from 'node:timers/promises';
import { isBanyanError, type Span, type Tracing } from '../../shared/index.ts';
import type { Applier, PreparedBatch } from './apply.ts';
import type { BatchSize, BatchLimits } from './batch-size.ts';
import { CarefulApplier } from './careful.ts';
import { Batch, type BatchRules } from '../map/batch.ts';
import type { SourceTransaction } from '../change-event.ts';
import type { ChangeSource, StartPoint } from '../change-source.ts';
import { cdcErrors } from '../errors.ts';
import type { HotKeys } from './hot-keys.ts';
import { Intake } from './intake.ts';
import { PieceApplier } from './pieces.ts';
import { rowRefusal } from './refusal.ts';
import type { StandStills } from './stand-still.ts';
import type { StreamCounters } from './stream-counters.ts';
import type { Watermark } from './watermark.ts';

export interface FollowerOptions extends BatchRules {
  readonly unit: string;
  readonly source: ChangeSource;
  readonly from: StartPoint;
  readonly skipDomain: number;
  readonly applier: Applier;
  readonly watermark: Watermark;
  readonly standStills: StandStills;
  readonly hot: HotKeys;
  readonly counters: StreamCounters;
  readonly size: BatchSize;
  /** Primary key columns of the source tables. */
  readonly sourceKeys: ReadonlyMap<string, readonly string[]>;
  /** A schema change was announced by a new mapping version and is passed over. */
  readonly passesSchemaChange: boolean;
  /** Fixed limits instead of those of `size`. */
  readonly limits?: BatchLimits;
  readonly signal: AbortSignal;
  readonly tracing?: Tracing;
}

// Between slices the answers of the target are heard; a longer slice leaves the target waiting for its next statement.
const YIELD_EVERY = 500;
// Rarely: where streams run both ways, a moved position is itself a transaction that the other one reads.
const PERSIST_IDLE_MS = 5_000;

/**
 * Carries transactions of one reading of the source to the applier. While one batch is written the next is collected; a
 * batch never waits for more than what is there, so a single change goes out at once. A transaction in pieces is a row
 * of batches with nothing else between them, and nobody stands still inside it.
 */
export class Follower {
  /** The source's hint for what follows the watermark. */
  cursor: string | undefined;
  private readonly options: FollowerOptions;
  private readonly ending = new AbortController();
  private readonly signal: AbortSignal;
  private readonly intake: Intake;
  private readonly pieces: PieceApplier;
  /** Present where a refused row does not stop the stream. */
  private readonly careful?: CarefulApplier;
  private next: Batch;
  /** Taken from the source, to be the first of the next batch. */
  private held: SourceTransaction | undefined;
  /** The last thing taken was a piece with more to follow; so many changes of its transaction came before. */
  private inside: { readonly changes: number } | undefined;
  private writing: Promise<void> | undefined;
  /** The park has changed while `next` was collected. */
  private isStale = false;
  private persistedAt = 0;
  /** `once` until the announced schema change comes, `now` until rows of the new shape follow it. */
  private passing: 'never' | 'once' | 'now';

  constructor(options: FollowerOptions) {
    const { source, from, applier, parking, onRefusal } = options;
    this.options = options;
    this.cursor = from.cursor;
    this.signal = AbortSignal.any([options.signal, this.ending.signal]);
    this.intake = new Intake(source, from, this.signal);
    this.pieces = new PieceApplier(applier, options);
    if (parking && onRefusal === 'park') this.careful = new CarefulApplier(applier, { ...options, parking });
    this.next = new Batch(options, options.watermark.position);
    this.passing = options.passesSchemaChange ? 'once' : 'never';
  }

  async run(): Promise<void> {
    const { standStills, watermark } = this.options;
    while (!this.signal.aborted) {
      await this.collect();
      if (!this.next.isEmpty || this.writing) {
        if (await this.isTurn()) await this.hand();
      } else if (this.inside || !(await standStills.serve(() => watermark.position))) await this.somethingToDo();
    }
    await this.writing;
  }

  /** Ends the reading of the source; what is being written is still written. */
  async close(): Promise<void> {
    this.ending.abort();
    await this.writing?.catch(() => undefined);
    await this.intake.close();
  }

  /** Takes what is there, whole transactions or one piece, up to the batch's limits and never past a stand-still. */
  private async collect(): Promise<void> {
    let sinceYield = 0;
    while (!this.isComplete()) {
      const transaction = this.held ?? this.intake.takeNow();
      if (!transaction) return;
      this.held = undefined;
      this.take(transaction);
      sinceYield += transaction.changes.length;
      if (sinceYield < YIELD_EVERY) continue;
      sinceYield = 0;
      await yieldNow();
    }
  }

  private isComplete(): boolean {
    const { limits, size, standStills } = this.options;
    if (this.next.isClosed || this.inside) return this.next.isClosed;
    return this.next.isFull(limits ?? size.limits) || standStills.stopsAt(this.next.position);
  }

  private take(transaction: SourceTransaction): void {
    const { skipDomain, counters } = this.options;
    const isOurs = transaction.gtid.domain !== skipDomain;
    if (!isOurs) {
      if (transaction.continues) return;
      counters.peerTransactions += 1;
      return this.next.add(transaction, false);
    }
    const isPiece = transaction.continues === true || this.inside !== undefined;
    // What came before a schema change is applied before the stream stops at it.
    const isBarrier = transaction.changes[0]?.op === 't' || transaction.schemaChange !== undefined;
    const isAlone = isPiece || isBarrier;
    if (isAlone && !this.next.isEmpty) {
      this.held = transaction;
      this.next.isClosed = true;
      return;
    }
    this.stopAtSchemaChange(transaction);
    this.next.add(transaction, true, this.inside?.changes);
    this.next.isClosed = isAlone;
    if (isPiece) this.next.part = transaction.continues ? 'more' : 'last';
    const before = this.inside?.changes ?? 0;
    this.inside = transaction.continues ? { changes: before + transaction.changes.length } : undefined;
    this.rememberKeys(transaction);
  }

  /** False while the batch before is being written and this one can still grow. */
  private async isTurn(): Promise<boolean> {
    if (!this.writing || this.isComplete()) return true;
    const written = this.writing.then(yes, yes);
    return Promise.race([written, this.somethingToDo().then(no)]);
  }

  private async hand(): Promise<void> {
    const { applier, watermark, hot, counters } = this.options;
    let batch = this.next;
    // Written out while the target is still busy with the batch before. A piece may need parts of the one before.
    let prepared = batch.isIdle || batch.part ? undefined : applier.prepare(batch);
    await this.writing;
    this.writing = undefined;
    if (this.isStale) [batch, prepared] = [this.again(batch), undefined];
    this.next = batch;
    if (batch.isEmpty) return;
    this.next = new Batch(this.options, batch.position);
    // Nothing to write: the watermark moves in memory at once and in the target now and then. A restart from the older
    // position reads the same nothing again.
    const isDue = Date.now() - this.persistedAt >= PERSIST_IDLE_MS;
    if (batch.isIdle && !isDue) {
      counters.applied(batch);
      return this.advance(watermark, batch);
    }
    hot.touchTargets(batch.coalesced);
    this.writing = this.write(batch, prepared);
    this.writing.catch(() => undefined);
  }

  /** The same transactions, held against the park as it is now. */
  private again(batch: Batch): Batch {
    this.isStale = false;
    const fresh = new Batch(this.options, batch.from);
    for (const { transaction, isOurs, ordinal } of batch.kept) fresh.add(transaction, isOurs, ordinal);
    fresh.part = batch.part;
    fresh.isClosed = batch.isClosed;
    return fresh;
  }

  private async write(batch: Batch, prepared: PreparedBatch | undefined): Promise<void> {
    const span = this.options.tracing && beginSpan(this.options.tracing, this.options.unit, batch);
    try {
      await this.carry(batch, prepared);
      span?.end();
    } catch (error) {
      span?.end(isBanyanError(error) ? error.code : 'unknown');
      throw error;
    }
  }

  private async carry(batch: Batch, prepared: PreparedBatch | undefined): Promise<void> {
    const { applier, watermark, counters, size } = this.options;
    const startedAt = performance.now();
    if (batch.part) this.isStale = await this.pieces.apply(batch, this.signal);
    else await this.applyWhole(batch, prepared ?? applier.prepare(batch));
    const ms = performance.now() - startedAt;
    counters.wrote(ms);
    counters.applied(batch);
    if (batch.part === 'more') return;
    if (!batch.part) size.observe(batch.changes, ms);
    this.persistedAt = Date.now();
    this.advance(watermark, batch);
  }

  private async applyWhole(batch: Batch, prepared: PreparedBatch): Promise<void> {
    const { applier } = this.options;
    const { signal } = this;
    if (!this.careful) return applier.apply(prepared, signal);
    try {
      await applier.attempt(prepared, signal);
    } catch (error) {
      if (!rowRefusal(error, undefined)) throw await applier.explain(prepared, error);
      await this.careful.apply(batch, signal);
      this.isStale = true;
    }
  }

  private advance(watermark: Watermark, batch: Batch): void {
    this.cursor = batch.cursor ?? this.cursor;
    watermark.advance(batch.position);
  }

  /** Several schema changes with no row between them are one change. */
  private stopAtSchemaChange({ schemaChange, gtid, changes }: SourceTransaction): void {
    if (schemaChange === undefined) {
      if (this.passing === 'now' && changes.length > 0) this.passing = 'never';
      return;
    }
    if (this.passing !== 'never') {
      this.passing = 'now';
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
    if (this.held) return;
    const { standStills } = this.options;
    // Nobody is served inside a transaction: who asks then is not even heard, or this would never wait.
    await Promise.race(this.inside ? [this.intake.ready()] : [this.intake.ready(), standStills.requested()]);
  }
}

const yes = (): boolean => true;
const no = (): boolean => false;

function beginSpan(tracing: Tracing, unit: string, { changes, transactions }: Batch): Span {
  const attributes = { 'banyan.unit': unit, 'banyan.changes': changes, 'banyan.transactions': transactions };
  return tracing.begin('apply', { attributes });
}
