import type { RuleUses } from '../rules/rule-use.ts';
import type { KeptDifference } from '../keep/value-keeper.ts';
import type { RouteCounts } from '../verdict/route-counts.ts';

/** A mismatch as it is kept: places, classes and what the plan lets of the values be known. */
export interface KeptSample {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly differences: readonly KeptDifference[];
}

/** What one edge has seen of one route. */
export interface RouteReport {
  readonly counts: RouteCounts;
  /** What the rules of the plan forgave. */
  readonly ignored: RuleUses;
  /** Answers by how long they took to begin; see `LATENCY_BOUNDS_MS`. */
  readonly controlMs: readonly number[];
  readonly candidateMs: readonly number[];
  readonly kept: readonly KeptSample[];
}

/** Why reads were not mirrored, or could not be judged. */
export type SkipReason = 'busy' | 'no-memory-or-too-large' | 'broken' | 'fault';

/** What one edge has seen of one run since it began to take part: cumulative, under an id of its own. */
export interface LedgerReport {
  readonly run: string;
  readonly ledger: string;
  /** Grows with every change. */
  readonly revision: number;
  readonly routes: Readonly<Record<string, RouteReport>>;
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
}
