import type { Stream } from '../stream/stream.ts';
import { ContinuousRun } from './continuous-run.ts';
import { openLive } from './live.ts';
import type { RunOptions } from './run-record.ts';
import { readSideTables, type Sides } from './sides.ts';
import type { Verification } from './verification.ts';
import type { VerifyProgress } from './verify.ts';

export interface ContinuousProgress extends VerifyProgress {
  /** Counted from 1. */
  readonly pass: number;
  /** Of the rows that count, how long ago the one looked at first was looked at. */
  readonly oldestAgeMs: number;
}

export interface ContinuousOptions extends Omit<Sides, 'stream' | 'peer'> {
  readonly stream: Stream;
  readonly run?: RunOptions;
  /** How often to go through all rows; without end when not given. */
  readonly passes?: number;
  readonly maxRowsPerS?: number;
  readonly pageRows?: number;
  /** How long a suspected row waits for the stream to pass it. Default: one minute. */
  readonly settleBudgetMs?: number;
  readonly onProgress?: (progress: ContinuousProgress) => void;
  /** What is known: after every pass, and once a minute after the first. */
  readonly onResult?: (result: Verification) => Promise<void>;
  readonly signal?: AbortSignal;
}

/**
 * Goes through all rows again and again while both sides work, without a long view: a chunk is read on both sides as they
 * are, and only what differs is looked at more closely, until it is known whether it was in flight, hot or wrong. Resolves
 * after the passes, or when the signal aborts, with what is known then; a pass that was not finished shows in `coverage`.
 * The written side must be the source.
 */
export async function verifyContinuously(options: ContinuousOptions): Promise<Verification> {
  const tables = await readSideTables(options);
  const live = await openLive(options);
  try {
    return await new ContinuousRun(options, tables, live).run();
  } finally {
    await live.close();
  }
}
