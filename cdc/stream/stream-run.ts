import type { BanyanError } from '../../shared/index.ts';
import type { Applier } from '../apply/apply.ts';
import { BatchSize } from '../apply/batch-size.ts';
import { REHEARSAL_TABLE, type StreamRecord } from '../apply/bookkeeping.ts';
import { follow } from '../apply/follow.ts';
import type { HotKeys } from '../apply/hot-keys.ts';
import { restoreParked } from '../apply/parked-store.ts';
import { rehearsalMap } from '../apply/rehearse.ts';
import type { StandStills } from '../apply/stand-still.ts';
import type { StreamCounters } from '../apply/stream-counters.ts';
import type { TargetSession } from '../apply/target-session.ts';
import type { UnitTables } from '../apply/unit-tables.ts';
import { Watermark } from '../apply/watermark.ts';
import { ParkedKeys } from '../map/parked-keys.ts';
import type { TableMaps } from '../mapping.ts';
import { emptyPosition } from '../position.ts';
import { ApplySide } from './apply-side.ts';
import { Bookkeeper } from './bookkeeper.ts';
import type { ClaimedStream } from './claim.ts';
import { firstCopy } from './first-copy.ts';
import { Heartbeat } from './heartbeat.ts';
import type { SourceShapes } from './source-shapes.ts';
import { endOf } from './stream-end.ts';
import type { StreamOptions } from './stream-options.ts';
import type { StreamState } from './stream.ts';

/** What a run is given; all but the record and the tables outlive it. */
export interface StreamRunParts {
  readonly options: StreamOptions;
  /** As it was when this run took the stream over. */
  readonly record: ClaimedStream;
  readonly tables: UnitTables;
  readonly hot: HotKeys;
  readonly standStills: StandStills;
  readonly counters: StreamCounters;
  readonly shapes: SourceShapes;
}

type Start = Pick<StreamRecord, 'position' | 'cursor'>;

/**
 * One run of a stream, from the claim at its target to its end: the first copy, where it is missing or unfinished, then
 * the changes as they arrive. Everything in here belongs to one epoch.
 */
export class StreamRun {
  readonly mark: Watermark;
  readonly size = new BatchSize();
  readonly parking: ParkedKeys;
  readonly maps: TableMaps;
  state: StreamState;
  /** Present once changes are applied. */
  applier: Applier | undefined;
  private readonly parts: StreamRunParts;
  private readonly books: Bookkeeper;
  private readonly target: ApplySide;
  private readonly stopping = new AbortController();
  private readonly streaming = Promise.withResolvers<void>();
  private running: Promise<void> = Promise.resolve();
  private heartbeat: Heartbeat | undefined;
  private beating: Promise<void> = Promise.resolve();
  private passes: readonly string[] = [];

  constructor(parts: StreamRunParts) {
    const { options, record, tables } = parts;
    this.parts = parts;
    this.target = new ApplySide({ ...parts, size: this.size });
    this.books = new Bookkeeper(options, record.epoch);
    this.parking = new ParkedKeys(new Map(tables.source.map(({ name, key }) => [name, key])));
    this.maps = { ...options.maps, [REHEARSAL_TABLE]: rehearsalMap(options.unit) };
    this.streaming.promise.catch(() => undefined);
    const copies = record.state !== 'streaming' && options.snapshot;
    // A copy under way has a position of its own, at which the target does not hold everything yet.
    this.mark = new Watermark(copies ? emptyPosition : record.position);
    this.state = copies ? { kind: 'snapshotting', ...noProgress } : { kind: 'streaming' };
  }

  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  get retries(): number {
    return this.applier?.options.session.retries ?? 0;
  }

  begin(): void {
    this.running = this.runToItsEnd();
  }

  whenStreaming(): Promise<void> {
    return this.streaming.promise;
  }

  levelAgeMs(): number {
    return this.state.kind === 'streaming' && this.heartbeat ? this.heartbeat.levelAgeMs() : Number.POSITIVE_INFINITY;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.turnAway(new Error('the stream was stopped'));
    await this.running;
    await this.beating;
    await this.parts.options.source.close();
    if (this.state.kind !== 'stopped') this.state = { kind: 'idle' };
  }

  private async runToItsEnd(): Promise<void> {
    try {
      await this.run();
    } catch (error) {
      await this.fail(endOf(await this.parts.shapes.explain(error)));
    }
  }

  private async run(): Promise<void> {
    const { options, record, shapes } = this.parts;
    const { books, maps, parking, signal } = this;
    const session = this.target.openSession();
    try {
      this.passes = await books.readPasses(session, signal);
      const from = record.state === 'streaming' ? record : await this.firstPosition(session);
      this.mark.advance(from.position);
      await books.write({ state: 'streaming', stoppedCode: null, mappingVersion: options.mappingVersion });
      if (record.state !== 'streaming' || record.mappingVersion !== options.mappingVersion) await shapes.keep();
      this.state = { kind: 'streaming' };
      this.streaming.resolve();
      await options.at?.('stream:resumed');
      this.beat();
      await session.retry((connection) => restoreParked(connection, options.name, maps, parking), signal);
      await this.follow(session, from);
    } finally {
      session.close();
    }
  }

  /** Where to follow from: where a copy of all rows stands, or the newest position in the log. */
  private async firstPosition(session: TargetSession): Promise<Start> {
    const { snapshot, source } = this.parts.options;
    if (snapshot) await this.copy(session);
    else await this.books.write({ position: await source.head() });
    return (await this.books.read()) ?? { position: emptyPosition };
  }

  private copy(session: TargetSession): Promise<void> {
    const { options, record, tables } = this.parts;
    return firstCopy({
      options,
      record,
      tables,
      derivations: this.target.derivations,
      // Derived tables are built once every row is there.
      follows: this.target.followOptions(this.target.createApplier(session, undefined), this.passes),
      openSession: () => this.target.openSession(),
      signal: this.signal,
      onProgress: (progress) => (this.state = { kind: 'snapshotting', ...progress }),
    });
  }

  private beat(): void {
    const { source } = this.parts.options;
    const { mark: watermark, signal } = this;
    this.heartbeat = new Heartbeat({ source, watermark, touch: () => this.books.write({}), signal });
    this.beating = this.heartbeat.beat();
  }

  private async follow(session: TargetSession, { cursor }: Start): Promise<void> {
    const { options, record, hot, standStills } = this.parts;
    const { mark: watermark, maps, parking, signal } = this;
    this.applier = this.target.createApplier(session, this.target.derivations);
    await follow({
      ...this.target.followOptions(this.applier, this.passes),
      ...((options.onRefusal === 'park' || parking.size > 0) && { parking }),
      ...(cursor !== undefined && { cursor }),
      passesSchemaChange: record.passesSchemaChange,
      maps,
      watermark,
      standStills,
      hot,
      signal,
    });
  }

  private async fail(error: BanyanError): Promise<void> {
    this.streaming.reject(error);
    if (this.signal.aborted) return;
    this.state = { kind: 'stopped', error };
    this.stopping.abort();
    this.turnAway(error);
    await this.books.keepLetter(error);
    const { name, log } = this.parts.options;
    log.error({ stream: name, code: error.code, reason: error.message }, 'stream stopped');
    await this.books.keepCode(error);
  }

  /** Whoever waits for this run is told that it will not come. */
  private turnAway(error: Error): void {
    this.mark.giveUp();
    this.parts.standStills.endAll(error);
  }
}

const noProgress = { table: '', rows: 0, totalRows: 0, rowsPerS: 0 };
