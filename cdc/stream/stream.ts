import type { BanyanError } from '../../shared/index.ts';
import type { HotSet } from '../apply/hot-keys.ts';
import type { Position } from '../position.ts';
import type { SnapshotProgress } from '../snapshot/copy-meter.ts';
import type { ShapeChange } from '../tables/table-shape.ts';
import type { Lag } from './lag.ts';
import type { Park } from './park.ts';
import { RunningStream } from './running-stream.ts';
import type { StreamOptions } from './stream-options.ts';
import type { StreamStats } from './stream-stats.ts';

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
