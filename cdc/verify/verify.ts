import { ExactRun } from './exact-run.ts';
import type { Mismatch } from './mismatch.ts';
import type { RunOptions } from './run-record.ts';
import { readSideTables, type Sides } from './sides.ts';
import type { Verification } from './verification.ts';

export interface VerifyProgress {
  readonly table: string;
  /** Source rows looked at, and how many there may be. */
  readonly rows: number;
  readonly total: number;
  /** Percent. */
  readonly coverage: number;
  readonly wrong: number;
  readonly notVerified: number;
}

export interface VerifyOptions extends Sides {
  /** Keeps the progress at the target, so that an interrupted run can be gone on with. */
  readonly run?: RunOptions;
  /** How long one view stays open before the next, at a newer position, takes over. Default: 10 minutes. */
  readonly viewBudgetMs?: number;
  readonly maxRowsPerS?: number;
  readonly pageRows?: number;
  /** How many findings to keep with their real keys, for a repair. */
  readonly keepMismatches?: number;
  readonly onMismatches?: (mismatches: readonly Mismatch[]) => void;
  readonly onProgress?: (progress: VerifyProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Compares every row of both sides at exactly one position, or one position per range when that takes longer than a view
 * may stay open, so that a row in flight is never called wrong. Reads by SELECT on both sides and shares no decoder with
 * the applier: what that gets wrong shows here. Throws CDC_VERIFY_ABORTED when the signal aborts.
 */
export async function verify(options: VerifyOptions): Promise<Verification> {
  const run = new ExactRun(options, await readSideTables(options));
  const result = await run.run();
  options.onMismatches?.(run.findings.mismatches);
  return result;
}
