import { setImmediate as yieldNow } from 'node:timers/promises';
import { BanyanError, isBanyanError, messageOf, type Connection, type Log } from '../shared/index.ts';
import { Applier, type NamedPoint } from './apply.ts';
import { Batch } from './batch.ts';
import {
  BOOKKEEPING_SCHEMA,
  changeStream,
  installBookkeeping,
  REHEARSAL_TABLE,
  takeOver,
  type StreamChange,
  type StreamRecord,
} from './bookkeeping.ts';
import { readCatalogue, type TableInfo } from './catalogue.ts';
import type { SourceTransaction } from './change-event.ts';
import type { ChangeSource } from './change-source.ts';
import { withConnection } from './connect.ts';
import { cdcErrors } from './errors.ts';
import { HotKeys, type HotSet } from './hot-keys.ts';
import { Intake } from './intake.ts';
import { LagGauge, type Lag } from './lag.ts';
import type { TableMaps } from './mapping.ts';
import { covers, emptyPosition, type Position } from './position.ts';
import { rehearsalMap } from './rehearse.ts';
import { clearTarget, copyRows, type SnapshotOptions, type SnapshotProgress } from './snapshot.ts';
import { TargetSession } from './target-session.ts';
import { Watermark } from './watermark.ts';

/**
 * The life of one direction.
 *
 * - idle: not started, or stopped on request.
 * - snapshotting: the first copy runs. A kill at any point starts it again on a cleared target.
 * - streaming: changes are applied as they arrive.
 * - stopped: an error ended it; nothing of the failed transaction was applied, and a new start continues in front of it.
 */
export type StreamState =
  | { readonly kind: 'idle' }
  | ({ readonly kind: 'snapshotting' } & SnapshotProgress)
  | { readonly kind: 'streaming' }
  | { readonly kind: 'stopped'; readonly error: BanyanError };

export interface StreamOptions {
  /** Unique at the target. */
  readonly name: string;
  readonly unit: string;
  readonly sourceUrl: string;
  readonly sourceSchema: string;
  readonly source: ChangeSource;
  readonly targetUrl: string;
  readonly targetSchema: string;
  /** Every table the maps may write. A snapshot owns them: it clears them before it starts over. */
  readonly targetTables: readonly string[];
  readonly targetSide: 'legacy' | 'service';
  readonly maps: TableMaps;
  readonly mappingVersion: number;
  /** `gtid_domain_id` of the apply sessions: tells our own writes from everybody else's in the target's log. */
  readonly ownDomain: number;
  /** The peer stream's domain: its writes are what we carried there, so they are not carried back. */
  readonly skipDomain: number;
  /** True: the first start copies all rows. False: it begins at the newest position. */
  readonly snapshot: boolean;
  readonly log: Log;
  readonly at?: (point: NamedPoint) => void | Promise<void>;
  readonly onProgress?: (progress: SnapshotProgress) => void;
  readonly batch?: { readonly changes: number; readonly bytes: number };
}

export interface Stream {
  /** Takes the stream over and begins. Resolves once it is running; a snapshot goes on behind it. */
  start(): Promise<void>;
  /** Resolves when the snapshot, if any, is over; rejects with the error that stopped the stream. */
  whenStreaming(): Promise<void>;
  stop(): Promise<void>;
  state(): StreamState;
  /** Everything at or before it is applied. Also moves when nothing relevant happens. */
  watermark(): Position;
  lag(): Promise<Lag>;
  waitFor(position: Position, options: { budgetMs: number; signal?: AbortSignal }): Promise<boolean>;
  /**
   * Runs `work` while the target is exactly at a position: nothing beyond it is applied until `work` ends. Given as a
   * function, the position is asked for while the applier stands still already, so it cannot be passed before.
   */
  standStillAt<T>(position: Position | (() => Promise<Position>), work: () => Promise<T>): Promise<T>;
  hotKeys(): HotSet;
  /** Forgets the hot keys from here on; `restore` takes them back. Call it at a stand-still. */
  takeHotKeys(): { restore(): void };
}

interface Hold {
  readonly position: () => Promise<Position>;
  readonly work: () => Promise<void>;
  readonly fail: (error: Error) => void;
  target?: Position;
}

const BATCH = { changes: 2000, bytes: 1024 * 1024 };
const YIELD_EVERY = 500;
const PERSIST_IDLE_MS = 500;

/** A stream takes its whole configuration as arguments; it reads and writes only the two databases they name. */
export function createStream(options: StreamOptions): Stream {
  return new BinlogToTable(options);
}

class BinlogToTable implements Stream {
  private readonly options: StreamOptions;
  private readonly maps: TableMaps;
  private readonly limits: { readonly changes: number; readonly bytes: number };
  private readonly hot = new HotKeys();
  private readonly holds: Hold[] = [];
  private readonly lagGauge: LagGauge;
  private mark = new Watermark(emptyPosition);
  private current: StreamState = { kind: 'idle' };
  private epoch = 0;
  private stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private streaming: PromiseWithResolvers<void> = settled();
  private wakeForHold: () => void = () => undefined;
  private sourceKeys = new Map<string, readonly string[]>();
  private persistedAt = 0;
  private passesSchemaChange = false;

  constructor(options: StreamOptions) {
    this.options = options;
    this.maps = { ...options.maps, [REHEARSAL_TABLE]: rehearsalMap(options.unit) };
    this.limits = options.batch ?? BATCH;
    this.lagGauge = new LagGauge(options.source);
  }

  async start(): Promise<void> {
    if (this.current.kind === 'snapshotting' || this.current.kind === 'streaming') return;
    this.stopping = new AbortController();
    const record = await withConnection(this.options.targetUrl, (connection) => this.claim(connection));
    const tables = await this.readTables();
    this.epoch = record.epoch;
    this.streaming = Promise.withResolvers();
    this.streaming.promise.catch(() => undefined);
    this.mark = new Watermark(record.position);
    this.current =
      record.state !== 'streaming' && this.options.snapshot
        ? { kind: 'snapshotting', table: '', rows: 0, totalRows: 0, rowsPerS: 0 }
        : { kind: 'streaming' };
    this.running = this.run(record, tables).catch((error: unknown) => this.fail(error));
  }

  whenStreaming(): Promise<void> {
    return this.streaming.promise;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.wakeForHold();
    await this.running;
    await this.options.source.close();
    this.mark.giveUp();
    this.endHolds(new Error('the stream was stopped'));
    if (this.current.kind !== 'stopped') this.current = { kind: 'idle' };
  }

  state(): StreamState {
    return this.current;
  }

  watermark(): Position {
    return this.mark.position;
  }

  lag(): Promise<Lag> {
    return this.lagGauge.read(this.mark.position);
  }

  waitFor(position: Position, options: { budgetMs: number; signal?: AbortSignal }): Promise<boolean> {
    return this.mark.waitFor(position, options);
  }

  standStillAt<T>(position: Position | (() => Promise<Position>), work: () => Promise<T>): Promise<T> {
    if (this.current.kind !== 'streaming')
      return Promise.reject(new Error(`stream ${this.options.name} is ${this.current.kind}; it must be streaming`));
    return new Promise<T>((resolve, reject) => {
      const choose = typeof position === 'function' ? position : () => Promise.resolve(position);
      this.holds.push({ position: choose, work: () => work().then(resolve, reject), fail: reject });
      this.wakeForHold();
    });
  }

  hotKeys(): HotSet {
    return this.hot.view();
  }

  takeHotKeys(): { restore(): void } {
    return this.hot.take();
  }

  /** Everything that must be right before anything is changed, then the take-over itself. */
  private async claim(connection: Connection): Promise<StreamRecord> {
    await installBookkeeping(connection);
    const record = await takeOver(connection, this.options);
    const { mappingVersion, name } = this.options;
    if (record.state === 'new' || record.mappingVersion === mappingVersion) return record;
    const pausedForIt = record.stoppedCode === 'CDC_SCHEMA_CHANGED' && record.mappingVersion < mappingVersion;
    if (!pausedForIt && record.state === 'streaming')
      throw cdcErrors.error('CDC_MAPPING_CHANGED', {
        message: `stream ${name} was filled by mapping version ${record.mappingVersion}; this is version ${mappingVersion}`,
      });
    this.passesSchemaChange = pausedForIt;
    return record;
  }

  private async readTables(): Promise<{ source: TableInfo[]; target: Map<string, TableInfo> }> {
    const { sourceUrl, sourceSchema, targetUrl, targetSchema, targetTables, maps } = this.options;
    const source = await withConnection(sourceUrl, (c) => readCatalogue(c, sourceSchema, Object.keys(maps)));
    const target = await withConnection(targetUrl, async (c) => {
      const unit = await readCatalogue(c, targetSchema, targetTables);
      const own = await readCatalogue(c, BOOKKEEPING_SCHEMA, ['rehearsal']);
      return new Map([...unit, ...[...own].map(([name, info]): [string, TableInfo] => [`banyan.${name}`, info])]);
    });
    this.sourceKeys = new Map([...source].map(([name, info]) => [name, info.key]));
    return { source: [...source.values()], target };
  }

  private async run(
    record: StreamRecord,
    tables: { source: TableInfo[]; target: Map<string, TableInfo> },
  ): Promise<void> {
    const session = this.openSession();
    try {
      if (record.state !== 'streaming') this.mark.advance(await this.begin(record, tables));
      else await this.persist({ stoppedCode: null, mappingVersion: this.options.mappingVersion });
      this.current = { kind: 'streaming' };
      this.streaming.resolve();
      await this.options.at?.('stream:resumed');
      const applier = new Applier({ ...this.applierOptions(tables.target), session });
      await this.follow(applier);
    } finally {
      session.close();
    }
  }

  private async begin(
    record: StreamRecord,
    tables: { source: TableInfo[]; target: Map<string, TableInfo> },
  ): Promise<Position> {
    const position = this.options.snapshot ? await this.copy(record, tables) : await this.options.source.head();
    const { mappingVersion } = this.options;
    await this.persist({ position, state: 'streaming', mappingVersion, stoppedCode: null });
    return position;
  }

  private async copy(
    record: StreamRecord,
    tables: { source: TableInfo[]; target: Map<string, TableInfo> },
  ): Promise<Position> {
    const unit = new Map([...tables.target].filter(([name]) => name !== REHEARSAL_TABLE));
    const options: SnapshotOptions = {
      ...this.applierOptions(unit),
      sourceUrl: this.options.sourceUrl,
      sourceTables: tables.source,
      maps: this.options.maps,
      openSession: () => this.openSession(),
      signal: this.stopping.signal,
      onProgress: (progress) => {
        this.current = { kind: 'snapshotting', ...progress };
        this.options.onProgress?.(progress);
      },
    };
    if (record.state === 'new') await this.requireEmpty([...unit.values()]);
    await this.persist({ state: 'snapshotting' });
    await clearTarget(options);
    const position = await copyRows(options);
    await options.at('snapshot:finished');
    return position;
  }

  /** Rows nobody of us has written are not ours to clear. */
  private async requireEmpty(tables: readonly TableInfo[]): Promise<void> {
    await withConnection(this.options.targetUrl, async (connection) => {
      for (const { schema, name } of tables) {
        const [rows] = await connection.query('SELECT 1 FROM ??.?? LIMIT 1', [schema, name]);
        if ((rows as unknown[]).length > 0)
          throw cdcErrors.error('CDC_TARGET_NOT_EMPTY', { message: `${schema}.${name} holds rows before the snapshot` });
      }
    });
  }

  private applierOptions(tables: ReadonlyMap<string, TableInfo>) {
    const { name, unit, targetSide, at = () => undefined } = this.options;
    return { name, unit, targetSide, tables, at, epoch: this.epoch };
  }

  private openSession(): TargetSession {
    const { targetUrl, ownDomain, log } = this.options;
    return new TargetSession({ url: targetUrl, domain: ownDomain, log });
  }

  private async persist(change: StreamChange): Promise<void> {
    const { targetUrl, name, ownDomain } = this.options;
    const isOurs = await withConnection(targetUrl, async (connection) => {
      await connection.query(`SET SESSION gtid_domain_id=${ownDomain}`);
      return changeStream(connection, name, this.epoch, change);
    });
    if (!isOurs)
      throw cdcErrors.error('CDC_STREAM_TAKEN', { message: `stream ${name} has been taken over since epoch ${this.epoch}` });
  }

  /** Collects the next batch while the one before is being written; at most one is under way. */
  private async follow(applier: Applier): Promise<void> {
    const { signal } = this.stopping;
    const intake = new Intake(this.options.source, this.mark.position, signal);
    let writing: Promise<void> | undefined;
    let next = new Batch(this.maps, this.mark.position);
    while (!signal.aborted) {
      await this.fill(next, intake);
      if (next.isEmpty && !writing) {
        if (await this.serveHold()) continue;
        await this.somethingToDo(intake);
        continue;
      }
      if (writing && !next.isFull(this.limits) && !this.isAtHold(next.position)) {
        const isDone = writing.then(yes, yes);
        if (!(await Promise.race([isDone, this.somethingToDo(intake).then(no)]))) continue;
      }
      await writing;
      writing = undefined;
      if (next.isEmpty) continue;
      const batch = next;
      next = new Batch(this.maps, batch.position);
      if (batch.isIdle) await this.moveOnly(applier, batch);
      else writing = this.write(applier, batch);
      writing?.catch(() => undefined);
    }
    await writing;
  }

  /** Takes what is there, whole transactions, up to the batch's limits and never past a stand-still. */
  private async fill(batch: Batch, intake: Intake): Promise<void> {
    let sinceYield = 0;
    while (!batch.isFull(this.limits) && !this.isAtHold(batch.position)) {
      const transaction = intake.takeNow();
      if (!transaction) return;
      const isOurs = transaction.gtid.domain !== this.options.skipDomain;
      if (isOurs) this.stopAtSchemaChange(transaction);
      batch.add(transaction, isOurs);
      if (isOurs) this.rememberKeys(transaction);
      sinceYield += transaction.changes.length;
      if (sinceYield < YIELD_EVERY) continue;
      sinceYield = 0;
      await yieldNow();
    }
  }

  private stopAtSchemaChange({ schemaChange, gtid }: SourceTransaction): void {
    if (schemaChange === undefined) return;
    if (this.passesSchemaChange) {
      this.passesSchemaChange = false;
      return;
    }
    const where = `${gtid.domain}-${gtid.server}-${gtid.sequence}`;
    const statement = schemaChange.split(/\s+/).slice(0, 3).join(' ');
    throw cdcErrors.error('CDC_SCHEMA_CHANGED', { message: `${statement} … at ${where} changes a table of ${this.options.unit}` });
  }

  private rememberKeys({ changes }: SourceTransaction): void {
    for (const { table, before, after } of changes) {
      const key = this.sourceKeys.get(table);
      if (!key) continue;
      if (after) this.hot.touchSource(table, key, after);
      if (before) this.hot.touchSource(table, key, before);
    }
  }

  private async write(applier: Applier, batch: Batch): Promise<void> {
    const prepared = applier.prepare(batch);
    for (const [table, { byKey }] of batch.coalesced.tables)
      if (table !== REHEARSAL_TABLE)
        for (const [id, { key, whole, removed }] of byKey) if (whole || removed) this.hot.touchTarget(table, id, key);
    await applier.apply(prepared, this.stopping.signal);
    this.persistedAt = Date.now();
    this.mark.advance(prepared.position);
  }

  /**
   * Nothing to write: the watermark moves in memory at once and in the target now and then. Restarting from the older
   * position reads the same nothing again.
   */
  private async moveOnly(applier: Applier, batch: Batch): Promise<void> {
    if (Date.now() - this.persistedAt < PERSIST_IDLE_MS) return this.mark.advance(batch.position);
    await this.write(applier, batch);
  }

  private isAtHold(position: Position): boolean {
    const hold = this.holds[0];
    return hold !== undefined && (!hold.target || covers(position, hold.target));
  }

  /** With nothing under way: settles where the first hold stands, or runs its work when it is there. */
  private async serveHold(): Promise<boolean> {
    const hold = this.holds[0];
    if (!hold) return false;
    try {
      hold.target ??= await hold.position();
      if (!covers(this.mark.position, hold.target)) return false;
      await hold.work();
    } catch (error) {
      hold.fail(error as Error);
    }
    this.holds.shift();
    return true;
  }

  private async somethingToDo(intake: Intake): Promise<void> {
    await Promise.race([intake.ready(), new Promise<void>((resolve) => (this.wakeForHold = resolve))]);
  }

  private async fail(error: unknown): Promise<void> {
    if (this.stopping.signal.aborted) return this.streaming.reject(error);
    const known = isBanyanError(error) ? error : unplanned(error);
    this.current = { kind: 'stopped', error: known };
    this.stopping.abort();
    this.options.log.error({ stream: this.options.name, code: known.code, reason: known.message }, 'stream stopped');
    this.streaming.reject(known);
    this.mark.giveUp();
    this.endHolds(known);
    if (known.code !== 'CDC_STREAM_TAKEN')
      await this.persist({ stoppedCode: known.code }).catch(() => undefined);
  }

  private endHolds(error: Error): void {
    for (const hold of this.holds.splice(0)) hold.fail(error);
  }
}

const yes = (): boolean => true;
const no = (): boolean => false;

function unplanned(error: unknown): BanyanError {
  const code = (error as { code?: string }).code;
  // A driver's error may quote rows; only its code is shown.
  const reason = 'sql' in (error as object) ? `the database answered ${code}` : messageOf(error);
  return cdcErrors.error('CDC_STREAM_FAILED', { message: reason });
}

function settled(): PromiseWithResolvers<void> {
  const deferred = Promise.withResolvers<void>();
  deferred.promise.catch(() => undefined);
  deferred.reject(new Error('the stream was not started'));
  return deferred;
}
