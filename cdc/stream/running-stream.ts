import { HotKeys, type HotSet } from '../apply/hot-keys.ts';
import { StandStills } from '../apply/stand-still.ts';
import { StreamCounters } from '../apply/stream-counters.ts';
import { readUnitTables } from '../apply/unit-tables.ts';
import { Watermark } from '../apply/watermark.ts';
import { emptyPosition, type Position } from '../position.ts';
import { withConnection } from '../tables/connect.ts';
import type { ShapeChange } from '../tables/table-shape.ts';
import { claimStream } from './claim.ts';
import { LagGauge, type Lag } from './lag.ts';
import { StreamPark, type Park } from './park.ts';
import { RunningPark } from './running-park.ts';
import { SourceShapes } from './source-shapes.ts';
import { notStreaming } from './stream-end.ts';
import type { StreamOptions } from './stream-options.ts';
import { StreamRun } from './stream-run.ts';
import { statsOf, type StreamStats } from './stream-stats.ts';
import type { Stream, StreamState } from './stream.ts';

/** A stream over all its runs: it holds what outlives them, and asks the last one for everything else. */
export class RunningStream implements Stream {
  readonly park: Park;
  private readonly options: StreamOptions;
  private readonly hot = new HotKeys();
  private readonly standStills = new StandStills();
  private readonly counters = new StreamCounters();
  private readonly lagGauge: LagGauge;
  private readonly shapes: SourceShapes;
  /** Of a stream that was never started. */
  private readonly nothing = new Watermark(emptyPosition);
  private run: StreamRun | undefined;

  constructor(options: StreamOptions) {
    this.options = options;
    this.lagGauge = new LagGauge(options.source);
    this.shapes = new SourceShapes(options);
    const { name, targetUrl, ownDomain } = options;
    const running = new RunningPark({
      options,
      hot: this.hot,
      run: () => this.run,
      standStill: (work) => this.standStillAt(async () => this.watermark(), work),
    });
    this.park = new StreamPark({
      stream: name,
      targetUrl,
      ownDomain,
      replay: (choose) => running.replay(choose),
      alone: (work) => running.alone(work),
    });
  }

  async start(): Promise<void> {
    const { kind } = this.state();
    if (kind === 'snapshotting' || kind === 'streaming') return;
    const { options, hot, standStills, counters, shapes } = this;
    const record = await withConnection(options.targetUrl, (connection) => claimStream(connection, options));
    const tables = await readUnitTables({ ...options, sourceTables: Object.keys(options.maps) });
    this.run = new StreamRun({ options, record, tables, hot, standStills, counters, shapes });
    this.run.begin();
  }

  async whenStreaming(): Promise<void> {
    if (!this.run) throw notStreaming('the stream was not started');
    return this.run.whenStreaming();
  }

  async stop(): Promise<void> {
    if (this.run) return this.run.stop();
    this.nothing.giveUp();
    await this.options.source.close();
  }

  state(): StreamState {
    return this.run?.state ?? { kind: 'idle' };
  }

  watermark(): Position {
    return this.mark.position;
  }

  lag(): Promise<Lag> {
    return this.lagGauge.read(() => this.watermark());
  }

  levelAgeMs(): number {
    return this.run?.levelAgeMs() ?? Number.POSITIVE_INFINITY;
  }

  waitFor(position: Position, options: { budgetMs: number; signal?: AbortSignal }): Promise<boolean> {
    return this.mark.waitFor(position, options);
  }

  standStillAt<T>(position: Position | (() => Promise<Position>), work: () => Promise<T>): Promise<T> {
    const { kind } = this.state();
    if (kind === 'streaming') return this.standStills.request(position, work);
    return Promise.reject(notStreaming(`stream ${this.options.name} is ${kind}; it must be streaming`));
  }

  hotKeys(): HotSet {
    return this.hot.view();
  }

  takeHotKeys(): { restore(): void } {
    return this.hot.take();
  }

  schemaChanges(): Promise<ShapeChange[]> {
    return this.shapes.changes();
  }

  stats(): StreamStats {
    return statsOf(this.options, this.counters, this.run);
  }

  private get mark(): Watermark {
    return this.run?.mark ?? this.nothing;
  }
}
