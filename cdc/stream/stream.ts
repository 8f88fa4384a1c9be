import { isBanyanError, messageOf, type BanyanError, type Log } from '../shared/index.ts';
import { Applier, type NamedPoint } from './apply/apply.ts';
import {
  changeStream,
  readStreamRecord,
  REHEARSAL_TABLE,
  type StreamChange,
  type StreamRecord,
} from './apply/bookkeeping.ts';
import type { TableInfo } from './tables/catalogue.ts';
import type { ChangeSource } from './change-source.ts';
import { BatchSize } from './apply/batch-size.ts';
import { claimStream, type ClaimedStream } from './apply/claim.ts';
import { forgetUnpassed, keepLetter, readLetters } from './apply/dead-letter-store.ts';
import { withConnection } from './tables/connect.ts';
import { deadLetterOf } from './dead-letter.ts';
import { cdcErrors } from './errors.ts';
import { follow } from './apply/follow.ts';
import { Heartbeat } from './apply/heartbeat.ts';
import { HotKeys, type HotSet } from './apply/hot-keys.ts';
import { LagGauge, type Lag } from './apply/lag.ts';
import { readDerivations, sessionSetup, type Derivations } from './derived/derived-tables.ts';
import type { Mapping, TableMaps } from './mapping.ts';
import { refusalOf } from './map/batch.ts';
import { ParkedKeys } from './map/parked-keys.ts';
import { StreamPark, type Park } from './apply/park.ts';
import { readParked, restoreParked, type StoredChange } from './apply/parked-store.ts';
import { emptyPosition, type Position } from './position.ts';
import { replay, type Replay } from './apply/replay.ts';
import { rehearsalMap } from './apply/rehearse.ts';
import type { SnapshotProgress } from './snapshot/copy-meter.ts';
import { copyTables, type CopyLimits, type FollowPart } from './snapshot/snapshot.ts';
import type { ThrottleLimits } from './snapshot/throttle.ts';
import { readSchemaChanges } from './apply/schema-changes.ts';
import { keepShapes } from './apply/shape-store.ts';
import { readShapes, type ShapeChange } from './tables/table-shape.ts';
import { StandStills } from './apply/stand-still.ts';
import { StreamCounters, type StreamStats } from './apply/stream-stats.ts';
import { TargetSession } from './apply/target-session.ts';
import { readUnitTables, requireEmpty, type UnitTables } from './apply/unit-tables.ts';
import { Watermark } from './apply/watermark.ts';

/**
 * The life of one direction.
 *
 * - idle: not started, or stopped on request.
 * - snapshotting: the first copy runs. After a kill at any point the next start goes on with it.
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
  /** What the other direction's target knows of its stream: a new mapping version reaches both. */
  readonly readPeer?: () => Promise<StreamRecord | undefined>;
  /** Target tables that a TRUNCATE of a source table empties; of a table not named here it stops the stream. */
  readonly truncates?: Readonly<Record<string, readonly string[]>>;
  /**
   * What happens to a change that the target refuses, the mapping throws for or that cannot be read: the stream stops in
   * front of its transaction, or the change waits in the park and every later one of the same key behind it. A first
   * copy always stops.
   */
  readonly onRefusal?: 'stop' | 'park';
  /** Tables of the target that are computed from others of its tables. */
  readonly derived?: Mapping['derived'];
  /** `gtid_domain_id` of the apply sessions: tells our own writes from everybody else's in the target's log. */
  readonly ownDomain: number;
  /** The peer stream's domain: its writes are what we carried there, so they are not carried back. */
  readonly skipDomain: number;
  /** True: the first start copies all rows. False: it begins at the newest position. */
  readonly snapshot: boolean;
  readonly copy?: CopyLimits;
  /** What the copy waits for. */
  readonly throttle?: ThrottleLimits;
  readonly log: Log;
  readonly at?: (point: NamedPoint) => void | Promise<void>;
  readonly onProgress?: (progress: SnapshotProgress) => void;
  /** Fixes how much goes into a target transaction; otherwise it follows from how long they take. */
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
  /** How long ago the target was last known to hold everything the source held. Cheap; infinite while not streaming. */
  levelAgeMs(): number;
  waitFor(position: Position, options: { budgetMs: number; signal?: AbortSignal }): Promise<boolean>;
  /**
   * Runs `work` while the target is exactly at a position: nothing beyond it is applied until `work` ends. Given as a
   * function, the position is asked for while the applier stands still already, so it cannot be passed before.
   */
  standStillAt<T>(position: Position | (() => Promise<Position>), work: () => Promise<T>): Promise<T>;
  hotKeys(): HotSet;
  /** Forgets the hot keys from here on; `restore` takes them back. Call it at a stand-still. */
  takeHotKeys(): { restore(): void };
  /** What is different in the source from the definitions the mapping was written for. */
  schemaChanges(): Promise<ShapeChange[]>;
  readonly park: Park;
  stats(): StreamStats;
}

/** A stream takes its whole configuration as arguments; it reads and writes only the two databases they name. */
export function createStream(options: StreamOptions): Stream {
  return new RunningStream(options);
}

class RunningStream implements Stream {
  private readonly options: StreamOptions;
  private readonly hot = new HotKeys();
  private readonly standStills = new StandStills();
  private readonly lagGauge: LagGauge;
  private mark = new Watermark(emptyPosition);
  private current: StreamState = { kind: 'idle' };
  private epoch = 0;
  private derivations: Derivations;
  private stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private heartbeat: Heartbeat | undefined;
  private beating: Promise<void> = Promise.resolve();
  private streaming: PromiseWithResolvers<void> = notStarted();
  readonly park: Park;
  private readonly counters = new StreamCounters();
  private size = new BatchSize();
  private parking = new ParkedKeys(new Map());
  private applier: Applier | undefined;
  private passes: readonly string[] = [];

  constructor(options: StreamOptions) {
    this.options = options;
    this.lagGauge = new LagGauge(options.source);
    const { name, targetUrl, ownDomain } = options;
    this.park = new StreamPark({
      stream: name,
      targetUrl,
      ownDomain,
      replay: (choose) => this.replay(choose),
      alone: (work) => this.alone(work),
    });
  }

  async start(): Promise<void> {
    if (this.current.kind === 'snapshotting' || this.current.kind === 'streaming') return;
    const { options } = this;
    const record = await withConnection(options.targetUrl, (connection) => claimStream(connection, options));
    const tables = await readUnitTables({ ...options, sourceTables: Object.keys(options.maps) });
    this.derivations = readDerivations(options.derived, tables.target);
    this.stopping = new AbortController();
    this.epoch = record.epoch;
    this.streaming = Promise.withResolvers();
    this.streaming.promise.catch(() => undefined);
    const copies = record.state !== 'streaming' && options.snapshot;
    // A copy under way has a position of its own, at which the target does not hold everything yet.
    this.mark = new Watermark(copies ? emptyPosition : record.position);
    this.current = copies ? { kind: 'snapshotting', ...noProgress } : { kind: 'streaming' };
    this.running = this.runToItsEnd(record, tables);
  }

  whenStreaming(): Promise<void> {
    return this.streaming.promise;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.end(new Error('the stream was stopped'));
    await this.running;
    await this.beating;
    await this.options.source.close();
    if (this.current.kind !== 'stopped') this.current = { kind: 'idle' };
  }

  state(): StreamState {
    return this.current;
  }

  watermark(): Position {
    return this.mark.position;
  }

  lag(): Promise<Lag> {
    return this.lagGauge.read(() => this.mark.position);
  }

  levelAgeMs(): number {
    return this.current.kind === 'streaming' && this.heartbeat ? this.heartbeat.levelAgeMs() : Number.POSITIVE_INFINITY;
  }

  waitFor(position: Position, options: { budgetMs: number; signal?: AbortSignal }): Promise<boolean> {
    return this.mark.waitFor(position, options);
  }

  standStillAt<T>(position: Position | (() => Promise<Position>), work: () => Promise<T>): Promise<T> {
    if (this.current.kind === 'streaming') return this.standStills.request(position, work);
    return Promise.reject(notStreaming(`stream ${this.options.name} is ${this.current.kind}; it must be streaming`));
  }

  hotKeys(): HotSet {
    return this.hot.view();
  }

  takeHotKeys(): { restore(): void } {
    return this.hot.take();
  }

  stats(): StreamStats {
    const { counters, current, size, parking } = this;
    return {
      transactions: counters.transactions,
      changes: counters.changes,
      batches: counters.batches,
      batchMs: counters.batchMs,
      lastBatchMs: counters.lastBatchMs,
      batchLimit: (this.options.batch ?? size.limits).changes,
      retries: this.applier?.options.session.retries ?? 0,
      restarts: counters.restarts,
      peerTransactions: counters.peerTransactions,
      parkings: counters.parkings,
      parked: parking.size,
      ...(counters.committedAtMs !== undefined && { committedAtMs: counters.committedAtMs }),
      ...(current.kind === 'snapshotting' && { snapshot: current }),
    };
  }

  private get maps(): TableMaps {
    return { ...this.options.maps, [REHEARSAL_TABLE]: rehearsalMap(this.options.unit) };
  }

  private replay(choose: (parked: StoredChange[]) => StoredChange[]): Promise<Replay> {
    const { options, maps } = this;
    const { signal } = this.stopping;
    const touch = this.hot.touchTargets.bind(this.hot);
    return this.standStillAt(
      async () => this.mark.position,
      async () => {
        const { applier } = this;
        if (!applier) throw notStreaming(`stream ${options.name} has not begun to apply`);
        const parked = await withConnection(options.targetUrl, (connection) => readParked(connection, options.name));
        try {
          return await replay({ applier, maps, touch, signal }, choose(parked));
        } finally {
          await this.readPark();
        }
      },
    );
  }

  /** A stream that does not run looks at the park when it starts. */
  private async alone(work: () => Promise<void>): Promise<void> {
    if (this.current.kind !== 'streaming') return work();
    const here = async (): Promise<Position> => this.mark.position;
    await this.standStillAt(here, async () => {
      await work();
      await this.readPark();
    });
  }

  private readPark(): Promise<void> {
    const { targetUrl, name } = this.options;
    return withConnection(targetUrl, (connection) => restoreParked(connection, name, this.maps, this.parking));
  }

  /** Messages that were given up; what else stopped an earlier start is read again. */
  private readPasses(session: TargetSession): Promise<string[]> {
    const { name } = this.options;
    return session.retry(async (connection) => {
      await forgetUnpassed(connection, name);
      return (await readLetters(connection, name)).map(({ where }) => where);
    }, this.stopping.signal);
  }

  private async run(record: ClaimedStream, tables: UnitTables): Promise<void> {
    const { options } = this;
    const session = this.openSession();
    this.parking = new ParkedKeys(new Map(tables.source.map(({ name, key }) => [name, key])));
    this.size = new BatchSize();
    try {
      this.passes = await this.readPasses(session);
      const from = record.state === 'streaming' ? record : await this.begin(record, tables, session);
      this.mark.advance(from.position);
      await this.persist({ state: 'streaming', stoppedCode: null, mappingVersion: options.mappingVersion });
      if (record.state !== 'streaming' || record.mappingVersion !== options.mappingVersion) await this.keepShapes();
      this.current = { kind: 'streaming' };
      this.streaming.resolve();
      await options.at?.('stream:resumed');
      this.heartbeat = this.openHeartbeat();
      this.beating = this.heartbeat.beat();
      const { maps, parking } = this;
      await session.retry((c) => restoreParked(c, options.name, maps, parking), this.stopping.signal);
      const follows = this.followOptions(tables, session, this.derivations);
      this.applier = follows.applier;
      await follow({
        ...follows,
        ...((options.onRefusal === 'park' || this.parking.size > 0) && { parking: this.parking }),
        source: options.source,
        maps: this.maps,
        watermark: this.mark,
        standStills: this.standStills,
        hot: this.hot,
        ...(from.cursor !== undefined && { cursor: from.cursor }),
        passesSchemaChange: record.passesSchemaChange,
        signal: this.stopping.signal,
      });
    } finally {
      session.close();
    }
  }

  private openHeartbeat(): Heartbeat {
    const { source } = this.options;
    return new Heartbeat({ source, watermark: this.mark, touch: () => this.persist({}), signal: this.stopping.signal });
  }

  private followOptions(tables: UnitTables, session: TargetSession, derivations: Derivations) {
    const { options } = this;
    return {
      ...options,
      applier: new Applier({ ...this.applierOptions(tables.written), session, derivations }),
      sourceKeys: new Map(tables.source.map(({ name, key }) => [name, key])),
      passes: this.passes,
      counters: this.counters,
      size: this.size,
      ...(options.batch && { limits: options.batch }),
    };
  }

  /** Where to follow from: where a copy of all rows stands, or the newest position in the log. */
  private async begin(
    record: ClaimedStream,
    tables: UnitTables,
    session: TargetSession,
  ): Promise<Pick<StreamRecord, 'position' | 'cursor'>> {
    const { snapshot, source, targetUrl, name } = this.options;
    if (snapshot) await this.copy(record, tables, session);
    else await this.persist({ position: await source.head() });
    const reached = await withConnection(targetUrl, (connection) => readStreamRecord(connection, name));
    return reached ?? { position: emptyPosition };
  }

  private async copy(record: ClaimedStream, tables: UnitTables, session: TargetSession): Promise<void> {
    const { options } = this;
    if (record.state === 'new') await requireEmpty(options.targetUrl, tables.target.values());
    // The peer's writes are carried: the copy began without them.
    const follows = { ...this.followOptions(tables, session, undefined), hot: new HotKeys(), skipDomain: -1 };
    await copyTables(
      {
        ...options,
        ...this.applierOptions(tables.written),
        derivations: this.derivations,
        sourceTables: tables.source,
        targetTables: tables.target,
        follow: (part: FollowPart) => follow({ ...follows, ...part, passesSchemaChange: false }),
        openSession: () => this.openSession(),
        limits: options.copy ?? {},
        throttle: options.throttle ?? {},
        signal: this.stopping.signal,
        onProgress: (progress) => {
          this.current = { kind: 'snapshotting', ...progress };
          options.onProgress?.(progress);
        },
      },
      record,
    );
    await options.at?.('snapshot:finished');
  }

  private applierOptions(tables: ReadonlyMap<string, TableInfo>) {
    const { name, unit, targetSide, at = () => undefined } = this.options;
    return { name, unit, targetSide, tables, at, epoch: this.epoch };
  }

  private openSession(): TargetSession {
    const { targetUrl, ownDomain, log } = this.options;
    return new TargetSession({ url: targetUrl, domain: ownDomain, log, setup: sessionSetup(this.derivations) });
  }

  private async persist(change: StreamChange): Promise<void> {
    const { targetUrl, name, ownDomain } = this.options;
    const isOurs = await withConnection(targetUrl, async (connection) => {
      await connection.query(`SET SESSION gtid_domain_id=${ownDomain}`);
      return changeStream(connection, name, this.epoch, change);
    });
    if (isOurs) return;
    const message = `stream ${name} has been taken over since epoch ${this.epoch}`;
    throw cdcErrors.error('CDC_STREAM_TAKEN', { message });
  }

  private async fail(error: unknown): Promise<void> {
    const known = isBanyanError(error) ? error : unforeseen(error);
    this.streaming.reject(known);
    if (this.stopping.signal.aborted) return;
    this.current = { kind: 'stopped', error: known };
    this.stopping.abort();
    this.end(known);
    await this.keepLetter(known);
    this.options.log.error({ stream: this.options.name, code: known.code, reason: known.message }, 'stream stopped');
    if (known.code !== 'CDC_STREAM_TAKEN') await this.remember(known.code);
  }

  private async runToItsEnd(record: ClaimedStream, tables: UnitTables): Promise<void> {
    try {
      await this.run(record, tables);
    } catch (error) {
      await this.fail(await this.explain(error));
    }
  }

  private async keepShapes(): Promise<void> {
    const { targetUrl, name, sourceUrl, sourceSchema, maps } = this.options;
    const shapes = await withConnection(sourceUrl, (connection) =>
      readShapes(connection, sourceSchema, Object.keys(maps)),
    );
    await withConnection(targetUrl, (connection) => keepShapes(connection, name, shapes));
  }

  /** What is different from the definitions the mapping was written for. */
  async schemaChanges(): Promise<ShapeChange[]> {
    const { name, targetUrl, sourceUrl, sourceSchema, maps } = this.options;
    return readSchemaChanges({ stream: name, targetUrl, sourceUrl, sourceSchema, tables: Object.keys(maps) });
  }

  /** Says of a schema change what it changed. */
  private async explain(thrown: unknown): Promise<unknown> {
    if (!isBanyanError(thrown) || thrown.code !== 'CDC_SCHEMA_CHANGED') return thrown;
    const changes = await this.schemaChanges().catch(() => []);
    const lines = changes.map(
      ({ table, column, what }) => `${column === undefined ? table : `${table}.${column}`} ${what}`,
    );
    return cdcErrors.error('CDC_SCHEMA_CHANGED', { message: [thrown.message, ...lines].join('; ') });
  }

  private async keepLetter(error: BanyanError): Promise<void> {
    const letter = deadLetterOf(error);
    if (!letter) return;
    const { targetUrl, name, log, ownDomain } = this.options;
    try {
      await withConnection(targetUrl, async (connection) => {
        await connection.query('SET SESSION gtid_domain_id = ?', [ownDomain]);
        await keepLetter(connection, name, letter, refusalOf(error));
      });
    } catch (problem) {
      // The source still holds the message; the next start finds it again.
      log.error({ stream: name, reason: (problem as { code?: string }).code }, 'a dead letter could not be kept');
    }
  }

  private async remember(stoppedCode: string): Promise<void> {
    try {
      await this.persist({ stoppedCode });
    } catch {
      // The target may be what failed; the code only helps the next start.
    }
  }

  /** Whoever waits for this stream is told that it will not come. */
  private end(error: Error): void {
    this.mark.giveUp();
    this.standStills.endAll(error);
  }
}

const noProgress: SnapshotProgress = { table: '', rows: 0, totalRows: 0, rowsPerS: 0 };

function unforeseen(error: unknown): BanyanError {
  // A driver's error may quote rows; only its code is shown.
  const { code, sql } = error as { code?: string; sql?: string };
  return cdcErrors.error('CDC_STREAM_FAILED', {
    message: sql === undefined ? messageOf(error) : `the database answered ${code ?? 'an error without a code'}`,
  });
}

function notStreaming(message: string): BanyanError {
  return cdcErrors.error('CDC_STREAM_NOT_STREAMING', { message });
}

function notStarted(): PromiseWithResolvers<void> {
  const deferred = Promise.withResolvers<void>();
  deferred.promise.catch(() => undefined);
  deferred.reject(notStreaming('the stream was not started'));
  return deferred;
}
